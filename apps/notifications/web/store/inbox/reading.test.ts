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
