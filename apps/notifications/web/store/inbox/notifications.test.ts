import { afterEach, expect, test, vi } from 'vitest'
import type { Snapshot } from '../../../shared/schemas.ts'
import { ApiError, type PageQuery } from '../../http/api.ts'
import { item, notification, page, session, setUp } from '../store.test-kit.ts'

afterEach(() => vi.useRealTimers())

const unreachable = new ApiError(0, 'The server cannot be reached')

test('the list is loaded, then the stream goes on from its cursor', async () => {
  const { store, line, list, unread } = setUp({
    notifications: async () => page([item(2), item(1, true)], { unread: 7 }),
  })
  await store.dispatch('session/restore')
  expect(list()).toEqual([2, -1])
  expect(unread()).toBe(7)
  expect(store.state.notifications.status).toBe('ready')
  expect(line).toEqual(['connect c2'])
})

test('more is loaded page by page, and once at a time', async () => {
  const asked: PageQuery[] = []
  const pages = [
    page([item(5), item(4)], { next: 4 }),
    page([item(3), item(2)], { next: 2 }),
    page([item(1)]),
  ]
  const { store, shown } = setUp({
    notifications: async (query) => {
      asked.push(query)
      return pages.shift() as Snapshot
    },
  })
  await store.dispatch('session/restore')
  await Promise.all([store.dispatch('notifications/loadMore'), store.dispatch('notifications/loadMore')])
  expect(shown()).toEqual([5, 4, 3, 2])
  await store.dispatch('notifications/loadMore')
  await store.dispatch('notifications/loadMore')
  expect(shown()).toEqual([5, 4, 3, 2, 1])
  expect(asked).toEqual([{ view: 'all' }, { view: 'all', before: 4 }, { view: 'all', before: 2 }])
})

test('a view shows what is complete of it: what another view brought from further down waits', async () => {
  const { store, shown } = setUp({
    session: async () => session('mina', ['builds']),
    notifications: async ({ view }) =>
      view === 'all' ? page([item(9), item(8)], { next: 8 }) : page([item(3, false, 'topic:builds')]),
  })
  await store.dispatch('session/restore')
  await store.dispatch('notifications/show', 'topic:builds')
  expect(shown()).toEqual([3])
  await store.dispatch('notifications/show', 'all')
  expect(shown()).toEqual([9, 8])
})

test('each view shows its own, and what is read leaves the unread ones', async () => {
  const { store, shown } = setUp({
    session: async () => session('mina', ['builds']),
    notifications: async () =>
      page([item(3, false, 'user:mina'), item(2, false, 'topic:builds'), item(1, true)]),
  })
  await store.dispatch('session/restore')
  const views: Record<string, number[]> = {}
  for (const view of ['unread', 'direct', 'topic:builds'] as const) {
    await store.dispatch('notifications/show', view)
    views[view] = shown()
  }
  expect(views).toEqual({ unread: [3, 2], direct: [3], 'topic:builds': [2] })
  await store.dispatch('notifications/show', 'unread')
  await store.dispatch('notifications/markRead', [3])
  expect(shown()).toEqual([2])
})

test('an event that comes while the list is on its way is not lost, nor is what it says', async () => {
  const answer = Promise.withResolvers<Snapshot>()
  const { store, list } = setUp({ notifications: () => answer.promise })
  store.commit('session/user', session('mina').user)
  const loading = store.dispatch('notifications/load')
  await store.dispatch('notifications/receive', [notification(5)])
  void store.dispatch('notifications/read', { ids: [3] })
  void store.dispatch('notifications/readAll', { upTo: 1 })
  answer.resolve(page([item(4), item(3), item(2), item(1)]))
  await loading
  expect(list()).toEqual([5, 4, -3, 2, -1])
})

test('loaded again after a gap, nothing stays that the server may see otherwise', async () => {
  const answers = [
    page([item(3), item(2)], { next: 2 }),
    page([item(1)]),
    page([item(9), item(8)], { next: 8 }),
  ]
  const { store, shown } = setUp({ notifications: async () => answers.shift() as Snapshot })
  await store.dispatch('session/restore')
  await store.dispatch('notifications/loadMore')
  await store.dispatch('notifications/receive', [notification(99)])
  await store.dispatch('notifications/load')
  expect(shown()).toEqual([9, 8])
})

test('a list that arrives after the user changed is not shown to the next', async () => {
  const slow = Promise.withResolvers<Snapshot>()
  const answers = [slow.promise, Promise.resolve(page([item(7)]))]
  const { store, list } = setUp({ notifications: () => answers.shift() as Promise<Snapshot> })
  store.commit('session/user', session('mina').user)
  const loading = store.dispatch('notifications/load')
  await store.dispatch('session/signIn', 'joon')
  slow.resolve(page([item(1)]))
  await loading
  expect(list()).toEqual([7])
})

test('a list that cannot be fetched is a state, and nothing is connected', async () => {
  const { store, line } = setUp({ notifications: () => Promise.reject(unreachable) })
  await store.dispatch('session/restore')
  expect(store.state.notifications.status).toBe('failed')
  expect(store.state.session.status).toBe('ready')
  expect(line).toEqual([])
})

test('a resync that fails keeps what is shown, and says so', async () => {
  const answers = [() => Promise.resolve(page([item(1)])), () => Promise.reject(new ApiError(503, 'Not now'))]
  const { store, shown } = setUp({ notifications: () => answers.shift()?.() as Promise<Snapshot> })
  await store.dispatch('session/restore')
  await expect(store.dispatch('notifications/load')).rejects.toThrow('Not now')
  expect(shown()).toEqual([1])
  expect(store.state.notifications.status).toBe('failed')
})

test('a view that cannot be fetched says so alone, and is fetched when the stream is open again', async () => {
  let isDown = false
  const { store, shown } = setUp({
    notifications: async ({ view }) => {
      if (isDown) throw unreachable
      return page(view === 'direct' ? [item(1, true, 'user:mina')] : [item(2)])
    },
  })
  await store.dispatch('session/restore')
  isDown = true
  await store.dispatch('notifications/show', 'direct')
  expect(store.state.notifications).toMatchObject({ status: 'ready', hasViewFailed: true })
  await store.dispatch('notifications/show', 'all')
  expect(store.state.notifications).toMatchObject({ status: 'ready', hasViewFailed: false })
  expect(shown()).toEqual([2])

  await store.dispatch('notifications/show', 'direct')
  isDown = false
  await store.dispatch('notifications/recover')
  expect(store.state.notifications.hasViewFailed).toBe(false)
  expect(shown()).toEqual([-1])
})

test('a list that failed is fetched when the stream is open again', async () => {
  const answers = [page([item(1)]), unreachable, page([item(2), item(1)])]
  const { store, shown } = setUp({
    notifications: async () => {
      const answer = answers.shift()
      if (answer instanceof Error || !answer) throw answer
      return answer
    },
  })
  await store.dispatch('session/restore')
  await expect(store.dispatch('notifications/load')).rejects.toThrow('reached')
  await store.dispatch('notifications/recover')
  expect(store.state.notifications.status).toBe('ready')
  expect(shown()).toEqual([2, 1])
})

test('what was sent is in the list when the promise resolves', async () => {
  const inList = Promise.withResolvers<void>()
  const waited: string[] = []
  const { store } = setUp({ send: async () => ({ notification: notification(1), event: 'e-1' }) }, (id) => {
    waited.push(id)
    return inList.promise
  })
  let outcome: unknown = 'waits'
  const sending = store.dispatch('notifications/send', {}).then((sent) => {
    outcome = sent
  })
  await vi.waitFor(() => expect(waited).toEqual(['e-1']))
  expect(outcome).toBe('waits')
  inList.resolve()
  await sending
  expect(outcome).toEqual(notification(1))
})

test.each([
  ['whose stream has ended', 'e-1', () => Promise.reject(new Error('closed'))],
  ['whose stream does not bring it', 'e-1', () => new Promise<void>(() => {})],
  ['that is not in the log yet', undefined, () => Promise.reject(new Error('not expected in this test'))],
])('a notification %s is sent all the same', async (_, event, reached) => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const { store } = setUp({ send: async () => ({ notification: notification(1), event }) }, reached)
  const sending = store.dispatch('notifications/send', {})
  await vi.advanceTimersByTimeAsync(3_000)
  expect(await sending).toEqual(notification(1))
})
