import { expect, test } from 'vitest'
import { nextTick } from 'vue'
import { createStore } from 'vuex'
import type { RootState } from '../state.ts'
import { expiry } from './expiry.ts'

test('a server that no longer knows us brings back signing in; other ends do not', async () => {
  const dispatched: string[] = []
  const store = createStore<RootState>({
    modules: {
      sse: {
        namespaced: true,
        state: () => ({ reason: null }),
        mutations: { reason: (state, reason) => Object.assign(state, { reason }) },
      },
      session: { namespaced: true, actions: { expire: () => void dispatched.push('expire') } },
    },
    plugins: [expiry],
  })
  for (const reason of ['closed', 'ended', 'rejected', null]) {
    store.commit('sse/reason', reason)
    await nextTick()
  }
  expect(dispatched).toEqual([])
  store.commit('sse/reason', 'unauthorized')
  await nextTick()
  expect(dispatched).toEqual(['expire'])
})
