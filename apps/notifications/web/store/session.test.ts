import { expect, test } from 'vitest'
import { elsewhere, type TabsChannel } from './elsewhere.ts'
import { item, page, session, setUp } from './store.test-kit.ts'

test('signing out disconnects and leaves nothing behind', async () => {
  const { store, line, list } = setUp({
    session: async () => session('mina', ['builds']),
    notifications: async () => page([item(1)]),
  })
  await store.dispatch('session/restore')
  await store.dispatch('session/signOut')
  expect(line.slice(2)).toEqual(['disconnect', 'unsubscribe topic:builds'])
  expect(list()).toEqual([])
  expect(store.state.session.user).toBeNull()
})

test('the next user listens to their own topics and to none of the one before', async () => {
  const { store, line } = setUp({
    session: async () => session('mina', ['builds']),
    signIn: async (user) => session(user, ['security']),
  })
  await store.dispatch('session/restore')
  await store.dispatch('session/signIn', 'joon')
  expect(line).toEqual([
    'subscribe topic:builds',
    'connect c0',
    'disconnect',
    'unsubscribe topic:builds',
    'subscribe topic:security',
    'connect c0',
  ])
})

test('who signs in or out in one tab does so in all, and what the others do is not said again', async () => {
  const listeners: (() => void)[] = []
  const said: unknown[] = []
  const channel: TabsChannel = {
    postMessage: (message) => void said.push(message),
    addEventListener: (_type, listener) => void listeners.push(listener),
  }
  let cookie = session('mina')
  const { store } = setUp({ session: async () => cookie })
  elsewhere(channel)(store)
  await store.dispatch('session/restore')
  expect(said).toEqual([])

  cookie = session('joon')
  for (const listener of listeners) listener()
  await expect.poll(() => store.state.session.user?.id).toBe('joon')
  expect(said).toEqual([])

  await store.dispatch('session/signOut')
  expect(said).toEqual(['session/signOut'])
})
