import { expect, test } from 'vitest'
import { createStore } from 'vuex'
import type { InboxItem, Notification, Session, Snapshot } from '../../shared/schemas.ts'
import { type Api, ApiError } from '../api.ts'
import { createNotifications } from './notifications.ts'
import { createSession } from './session.ts'
import type { RootState } from './state.ts'

const notification = (id: number): Notification => ({
  id,
  to: 'all',
  from: 'joon',
  title: `Number ${id}`,
  body: '',
  createdAt: '2026-11-21T12:00:00.000Z',
})
const item = (id: number, read = false): InboxItem => ({ ...notification(id), read })

/** The real modules in a strict store; the server and the stream are the test's. */
function setUp(answers: Partial<Api> = {}) {
  const unexpected = () => Promise.reject(new Error('not expected in this test'))
  const session = (user: string): Session => ({ user: { id: user, name: user, topics: [] } })
  const api: Api = {
    users: async () => [],
    topics: async () => [],
    session: async () => session('mina'),
    signIn: async (user) => session(user),
    signOut: async () => {},
    notifications: async () => ({ notifications: [], cursor: 'c0' }),
    send: unexpected,
    markRead: async () => {},
    ...answers,
  }
  const connections: string[] = []
  const store = createStore<RootState>({
    strict: true,
    modules: {
      session: createSession(api),
      notifications: createNotifications(api),
      sse: {
        namespaced: true,
        actions: {
          connect: (_, { lastEventId }) => void connections.push(`connect ${lastEventId}`),
          disconnect: () => void connections.push('disconnect'),
        },
      },
    },
  })
  const list = () => store.state.notifications.items.map(({ id, read }) => (read ? -id : id))
  return { store, connections, list }
}

test('the list is loaded, then the stream goes on from its cursor', async () => {
  const { store, connections, list } = setUp({
    notifications: async () => ({ notifications: [item(2), item(1, true)], cursor: 'c2' }),
  })
  await store.dispatch('session/restore')
  expect(list()).toEqual([2, -1])
  expect(store.state.notifications.status).toBe('ready')
  expect(connections).toEqual(['connect c2'])
})

test('a notification is put in once, by its id, newest first, and stays read', () => {
  const { store, list } = setUp()
  store.commit('notifications/loaded', [item(3, true), item(1)])
  store.commit('notifications/add', Object.freeze(notification(2)))
  store.commit('notifications/add', notification(3))
  store.commit('notifications/add', notification(4))
  store.commit('notifications/add', notification(4))
  expect(list()).toEqual([4, -3, 2, 1])
})

test('the unread ones are counted', () => {
  const { store } = setUp()
  store.commit('notifications/loaded', [item(3), item(2, true), item(1)])
  expect(store.getters['notifications/unread']).toEqual([item(3), item(1)])
  store.commit('notifications/read', { ids: [3, 99] })
  expect(store.getters['notifications/unread']).toEqual([item(1)])
})

test('an event that comes while the list is on its way is not lost, nor is what it says', async () => {
  const answer = Promise.withResolvers<Snapshot>()
  const { store, list } = setUp({ notifications: () => answer.promise })
  store.commit('notifications/add', notification(1))
  const loading = store.dispatch('notifications/load')
  store.commit('notifications/add', notification(2))
  store.commit('notifications/read', { ids: [1] })
  answer.resolve({ notifications: [item(1)], cursor: 'c1' })
  await loading
  expect(list()).toEqual([2, -1])
})

test('a list that arrives after the user changed is not shown to the next', async () => {
  const slow = Promise.withResolvers<Snapshot>()
  const answers = [slow.promise, Promise.resolve({ notifications: [item(7)], cursor: 'c7' })]
  const { store, list } = setUp({ notifications: () => answers.shift() as Promise<Snapshot> })
  store.commit('session/user', { id: 'mina', name: 'Mina', topics: [] })
  const loading = store.dispatch('notifications/load')
  await store.dispatch('session/signIn', 'joon')
  slow.resolve({ notifications: [item(1)], cursor: 'c1' })
  await loading
  expect(list()).toEqual([7])
})

test('reading shows at once, and is taken back when the server refuses', async () => {
  const refusal = Promise.withResolvers<void>()
  const { store, list } = setUp({ markRead: () => refusal.promise })
  store.commit('notifications/loaded', [item(2), item(1, true)])
  const reading = store.dispatch('notifications/markRead', [2, 1])
  expect(list()).toEqual([-2, -1])
  refusal.reject(new ApiError(0, 'The server cannot be reached'))
  await expect(reading).rejects.toThrow('The server cannot be reached')
  expect(list()).toEqual([2, -1])
})

test('a list that cannot be fetched is a state, and nothing is connected', async () => {
  const { store, connections } = setUp({
    notifications: () => Promise.reject(new ApiError(0, 'The server cannot be reached')),
  })
  await store.dispatch('session/restore')
  expect(store.state.notifications.status).toBe('failed')
  expect(store.state.session.status).toBe('ready')
  expect(connections).toEqual([])
})

test('a resync that fails keeps what is shown, and says so', async () => {
  const { store, list } = setUp({
    notifications: () => Promise.reject(new ApiError(503, 'Not now')),
  })
  store.commit('notifications/loaded', [item(1)])
  await expect(store.dispatch('notifications/load')).rejects.toThrow('Not now')
  expect(list()).toEqual([1])
  expect(store.state.notifications.status).toBe('failed')
})

test('signing out disconnects and leaves nothing behind', async () => {
  const { store, connections, list } = setUp({
    notifications: async () => ({ notifications: [item(1)], cursor: 'c1' }),
  })
  await store.dispatch('session/restore')
  await store.dispatch('session/signOut')
  expect(connections).toEqual(['connect c1', 'disconnect'])
  expect(list()).toEqual([])
  expect(store.state.session.user).toBeNull()
})
