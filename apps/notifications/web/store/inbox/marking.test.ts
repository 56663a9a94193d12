import { expect, test } from 'vitest'
import type { ReadAll } from '../../../shared/schemas.ts'
import { ApiError } from '../../http/api.ts'
import { item, page, session, setUp } from '../store.test-kit.ts'

const unreachable = new ApiError(0, 'The server cannot be reached')

test('reading shows at once, and is taken back when the server refuses', async () => {
  const refusal = Promise.withResolvers<void>()
  const { store, list, unread } = setUp({
    markRead: () => refusal.promise,
    notifications: async () => page([item(2), item(1, true)]),
  })
  await store.dispatch('session/restore')
  const reading = store.dispatch('notifications/markRead', [2, 1])
  expect([list(), unread()]).toEqual([[-2, -1], 0])
  refusal.reject(unreachable)
  await expect(reading).rejects.toThrow('The server cannot be reached')
  expect([list(), unread()]).toEqual([[2, -1], 1])
})

test('all are read at once, loaded or not, and taken back when the server refuses', async () => {
  const refusal = Promise.withResolvers<void>()
  const asked: ReadAll[] = []
  const { store, list, unread } = setUp({
    readAll: (what) => {
      asked.push(what)
      return refusal.promise
    },
    notifications: async () => page([item(9), item(8)], { next: 8, unread: 80 }),
  })
  await store.dispatch('session/restore')
  const reading = store.dispatch('notifications/markAllRead')
  expect([list(), unread()]).toEqual([[-9, -8], 0])
  refusal.reject(unreachable)
  await expect(reading).rejects.toThrow('The server cannot be reached')
  expect([list(), unread()]).toEqual([[9, 8], 80])
  expect(asked).toEqual([{ upTo: 9 }])
})

test('in the view of a topic, all of that topic', async () => {
  const asked: ReadAll[] = []
  const { store, list, unread } = setUp({
    session: async () => session('mina', ['builds']),
    readAll: async (what) => void asked.push(what),
    notifications: async () => page([item(3), item(2, false, 'topic:builds')]),
  })
  await store.dispatch('session/restore')
  await store.dispatch('notifications/show', 'topic:builds')
  await store.dispatch('notifications/markAllRead')
  expect([list(), unread()]).toEqual([[3, -2], 1])
  expect(asked).toEqual([{ upTo: 3, topic: 'builds' }])
})

test('marked as unread, archived and put back: at once, and taken back when the server refuses', async () => {
  const asked: unknown[] = []
  let isRefused = false
  const answer = async (what: unknown) => {
    asked.push(what)
    if (isRefused) throw unreachable
  }
  const { store, shown, unread } = setUp({
    markUnread: answer,
    move: answer,
    notifications: async () => page([item(3), item(2, true), item(1)]),
  })
  await store.dispatch('session/restore')
  await store.dispatch('notifications/markUnread', [3, 2])
  expect([shown(), unread()]).toEqual([[3, 2, 1], 3])
  const archiving = store.dispatch('notifications/move', { ids: [3, 2], to: 'archived' })
  expect([shown(), unread()]).toEqual([[1], 1])
  await archiving
  await store.dispatch('notifications/move', { ids: [3], to: 'inbox', isRead: false })
  expect([shown(), unread()]).toEqual([[3, 1], 2])
  expect(asked).toEqual([
    [2],
    { ids: [3, 2], to: 'archived', unread: false },
    { ids: [3], to: 'inbox', unread: true },
  ])
  isRefused = true
  await expect(store.dispatch('notifications/move', { ids: [3], to: 'deleted' })).rejects.toThrow('reached')
  expect([shown(), unread()]).toEqual([[3, 1], 2])
  // The server is asked for what is archived, and knows best.
  await store.dispatch('notifications/show', 'archived')
  expect(shown()).toEqual([])
})

test('an answer that was on its way does not undo what was done meanwhile, whichever came first', async () => {
  const answers = [Promise.resolve(page([item(2), item(1, true)], { next: 1 }))]
  const { store, list } = setUp({ notifications: () => answers.shift()! })
  await store.dispatch('session/restore')
  const slow = Promise.withResolvers<ReturnType<typeof page>>()
  answers.push(slow.promise)
  const loading = store.dispatch('notifications/loadMore')
  await store.dispatch('notifications/markRead', [2])
  await store.dispatch('notifications/markUnread', [1])
  await store.dispatch('notifications/read', { ids: [2] })
  await store.dispatch('notifications/unread', { ids: [2] })
  slow.resolve(page([item(2), item(1, true)]))
  await loading
  expect(list()).toEqual([2, 1])
  // Asked after all of that, the server is right.
  answers.push(Promise.resolve(page([item(2, true), item(1, true)])), Promise.resolve(page([])))
  await store.dispatch('notifications/load')
  expect(list()).toEqual([-2, -1])
})
