import { expect, test } from 'vitest'
import { ApiError } from '../http/api.ts'
import { item, page, session, setUp } from './store.test-kit.ts'

const follow = (topic: string, on = true) => ({ topic, kind: 'following', on }) as const

test('the stream asks for what is followed before it connects', async () => {
  const { store, line } = setUp({ session: async () => session('mina', ['builds', 'releases']) })
  await store.dispatch('session/restore')
  expect(line).toEqual(['subscribe topic:builds,topic:releases', 'connect c0'])
})

test('a topic followed here joins the open stream once the server agrees, and its notifications are fetched', async () => {
  const agreed = Promise.withResolvers<void>()
  const builds = item(1, true, 'topic:builds')
  const { store, line, shown } = setUp({
    setTopic: () => agreed.promise,
    notifications: async () => page([builds]),
  })
  await store.dispatch('session/restore')
  expect(shown()).toEqual([])
  const following = store.dispatch('topics/change', follow('builds'))
  expect(store.state.topics.following).toEqual(['builds'])
  expect(line).toEqual(['connect c1'])
  agreed.resolve()
  await following
  expect(line).toEqual(['connect c1', 'subscribe topic:builds'])
  expect(shown()).toEqual([-1])
})

test('followed in another tab it joins too, once', async () => {
  const { store, line } = setUp()
  await store.dispatch('session/restore')
  const told = { following: ['builds'], muted: [] }
  await store.dispatch('topics/changed', told)
  await store.dispatch('topics/changed', told)
  await store.dispatch('topics/changed', { following: [], muted: [] })
  expect(line).toEqual(['connect c0', 'subscribe topic:builds', 'unsubscribe topic:builds'])
})

test('no longer followed, a topic leaves the list', async () => {
  const { store, shown } = setUp({
    session: async () => session('mina', ['builds']),
    notifications: async () => page([item(2), item(1, false, 'topic:builds')]),
  })
  await store.dispatch('session/restore')
  await store.dispatch('topics/change', follow('builds', false))
  expect(shown()).toEqual([2])
})

test('refused, it is as before', async () => {
  const { store, line } = setUp({ setTopic: () => Promise.reject(new ApiError(429, 'Too many')) })
  await store.dispatch('session/restore')
  await expect(store.dispatch('topics/change', follow('builds'))).rejects.toThrow('Too many')
  expect(store.state.topics.following).toEqual([])
  expect(line).toEqual(['connect c0'])
})

test('muting asks the server how many are unread now', async () => {
  let unreadAtServer = 5
  const { store, unread } = setUp({
    session: async () => session('mina', ['builds']),
    notifications: async () => page([], { unread: unreadAtServer }),
  })
  await store.dispatch('session/restore')
  unreadAtServer = 2
  await store.dispatch('topics/change', { topic: 'builds', kind: 'muted', on: true })
  expect(unread()).toBe(2)
})
