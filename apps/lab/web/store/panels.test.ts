import { beforeEach, expect, test } from 'vitest'
import { createStore } from 'vuex'
import type { TransportName } from '../../shared/lab.ts'
import { createPanels, type PanelsState } from './panels.ts'

let now: number
let cut: { from: number; until: number } | null

function start() {
  const { delays, ...panels } = createPanels({ now: () => now })
  const store = createStore<{ panels: PanelsState; lab: { cut: typeof cut } }>({
    strict: true,
    // The lab of these tests is its last cut.
    modules: {
      panels: panels as never,
      lab: {
        state: () => ({
          get cut() {
            return cut
          },
        }),
      },
    },
  })
  const arrive = (name: TransportName, ...events: readonly (readonly [n: number, at: number])[]) =>
    store.dispatch('panels/arrived', { name, events: events.map(([n, at]) => ({ n, at, text: '' })) })
  return { store, delays, arrive }
}

beforeEach(() => {
  now = 1000
  cut = null
})

test('a panel counts what came, what is missing and what came again', async () => {
  const { store, arrive } = start()
  await arrive('short', [5, 990], [6, 995])
  await arrive('short', [6, 995], [9, 999])
  expect(store.state.panels.short).toMatchObject({ received: 4, missed: 2, repeated: 1, last: 9 })
  expect(store.state.panels.sse).toMatchObject({ received: 0, last: null })
})

test('delays are from the making of an event to its frame', async () => {
  const { store, arrive } = start()
  await arrive('sse', [1, 900], [2, 990], [3, 995])
  await store.dispatch('panels/measure')
  expect(store.state.panels.sse).toMatchObject({ p50: 10, p99: 100 })
  expect(store.state.panels.long).toMatchObject({ p50: null, p99: null })
})

test('after a cut it says when it was back, what it caught up with and what it missed', async () => {
  const { store, arrive } = start()
  await arrive('sse', [1, 990])
  await arrive('websocket', [1, 990])
  cut = { from: 1000, until: 3000 }
  now = 3500
  await arrive('sse', [2, 1100], [3, 2900])
  await arrive('websocket', [4, 3490])
  now = 3600
  await arrive('sse', [4, 3490])
  expect(store.state.panels.sse.recovery).toEqual({ of: 1000, backAfter: 500, caughtUp: 2, missed: 0 })
  expect(store.state.panels.websocket.recovery).toEqual({ of: 1000, backAfter: 500, caughtUp: 0, missed: 2 })
})

test('what was still under way when the line was cut is no recovery', async () => {
  const { store, arrive } = start()
  cut = { from: 900, until: 3000 }
  await arrive('sse', [1, 890])
  expect(store.state.panels.sse.recovery).toBeNull()
})

test('a second cut is another recovery', async () => {
  const { store, arrive } = start()
  cut = { from: 1000, until: 2000 }
  now = 2100
  await arrive('long', [1, 2050])
  cut = { from: 3000, until: 4000 }
  now = 4700
  await arrive('long', [2, 3500])
  expect(store.state.panels.long.recovery).toEqual({ of: 3000, backAfter: 700, caughtUp: 1, missed: 0 })
})

test('a reset forgets what was counted, not how it stands', async () => {
  const { store, delays, arrive } = start()
  await arrive('long', [1, 990])
  store.commit('panels/status', { name: 'long', status: 'open' })
  store.commit('panels/reset')
  expect(store.state.panels.long).toMatchObject({ status: 'open', received: 0, last: null, recovery: null })
  expect(delays.long.recent(now)).toEqual([])
})
