import { expect, test } from 'vitest'
import type { PageQuery } from '../../http/api.ts'
import { item, notification, page, session, setUp } from '../store.test-kit.ts'

test('a notification is put in once, by its id, newest first, and stays read', async () => {
  const { store, list, unread } = setUp({ notifications: async () => page([item(3, true), item(1)]) })
  await store.dispatch('session/restore')
  for (const id of [3, 4, 4]) await store.dispatch('notifications/receive', [Object.freeze(notification(id))])
  expect(list()).toEqual([4, -3, 1])
  expect(unread()).toBe(2)
})

test('what a muted topic brings is listed and not counted', async () => {
  const { store, list, unread } = setUp({ session: async () => session('mina', ['builds']) })
  await store.dispatch('session/restore')
  await store.dispatch('topics/change', { topic: 'builds', kind: 'muted', on: true })
  await store.dispatch('notifications/receive', [notification(1, 'topic:builds'), notification(2)])
  expect(list()).toEqual([2, 1])
  expect(unread()).toBe(1)
})

test('a page that is open for long forgets what is far down, and fetches it again when asked to', async () => {
  const asked: PageQuery[] = []
  const { store, shown } = setUp({
    notifications: async (query) => {
      asked.push(query)
      return page([item(1)])
    },
  })
  await store.dispatch('session/restore')
  for (let id = 2; id <= 2001; id += 100) {
    const burst = Array.from({ length: 100 }, (_, index) => notification(id + index))
    await store.dispatch('notifications/receive', burst)
  }
  expect(shown().length).toBe(1000)
  expect(shown().at(-1)).toBe(1002)
  await store.dispatch('notifications/loadMore')
  expect(asked.at(-1)).toEqual({ view: 'all', before: 1002 })
})

test('what is not followed does not enter the list', async () => {
  const { store, list, unread } = setUp()
  await store.dispatch('session/restore')
  await store.dispatch('notifications/receive', [notification(1, 'topic:builds')])
  expect([list(), unread()]).toEqual([[], 0])
})

test('read in another tab: marked and counted here; of what is not loaded the server is asked', async () => {
  let unreadAtServer = 9
  const { store, list, unread } = setUp({
    notifications: async () => page([item(9), item(8)], { next: 8, unread: unreadAtServer }),
  })
  await store.dispatch('session/restore')
  await store.dispatch('notifications/read', { ids: [9] })
  expect([list(), unread()]).toEqual([[-9, 8], 8])
  unreadAtServer = 6
  await store.dispatch('notifications/read', { ids: [2, 3] })
  expect(unread()).toBe(6)
})

test('all read in another tab, of everything or of one topic', async () => {
  const { store, list } = setUp({
    session: async () => session('mina', ['builds']),
    notifications: async () => page([item(4), item(3, false, 'topic:builds'), item(2)]),
  })
  await store.dispatch('session/restore')
  await store.dispatch('notifications/readAll', { upTo: 4, topic: 'builds' })
  expect(list()).toEqual([4, -3, 2])
  await store.dispatch('notifications/readAll', { upTo: 2 })
  expect(list()).toEqual([4, -3, -2])
})

test('a count that something came in between of is asked for again', async () => {
  const answers = [3, 2, 1]
  const { store, unread } = setUp({
    async notifications() {
      const unread = answers.shift() ?? 0
      if (unread === 2) store.commit('notifications/event')
      return page([], { unread })
    },
  })
  await store.dispatch('session/restore')
  await store.dispatch('notifications/recount')
  expect(unread()).toBe(1)
})

test('what is for another person shows that the session has changed elsewhere', async () => {
  const users = ['mina', 'joon']
  const { store, list, line } = setUp({ session: async () => session(users.shift() ?? '') })
  await store.dispatch('session/restore')
  await store.dispatch('notifications/receive', [notification(1, 'user:joon')])
  await expect.poll(() => store.state.session.user?.id).toBe('joon')
  await expect.poll(() => line).toEqual(['connect c0', 'disconnect', 'connect c0'])
  expect(list()).toEqual([])
})

test('what the reader has sent is read; what is moved or unread in another tab is so here, also what is not loaded', async () => {
  const { store, list, shown, unread } = setUp({
    notifications: async () => page([item(9), item(8, true)], { next: 8, unread: 1 }),
    notification: async (id) => ({ ...item(id, true), place: 'inbox' }),
  })
  await store.dispatch('session/restore')
  await store.dispatch('notifications/receive', [{ ...notification(10), from: 'mina' }])
  expect([list(), unread()]).toEqual([[-10, 9, -8], 1])
  await store.dispatch('notifications/unread', { ids: [8] })
  expect([list(), unread()]).toEqual([[-10, 9, 8], 2])
  await store.dispatch('notifications/read', { ids: [8] })
  await store.dispatch('notifications/moved', { ids: [8], to: 'archived' })
  expect([shown(), unread()]).toEqual([[-10, 9], 1])
  await store.dispatch('notifications/moved', { ids: [3], to: 'inbox' })
  expect(list()).toEqual([-10, 9, -8, -3])
})
