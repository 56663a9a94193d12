import { expect, test, vi } from 'vitest'
import { createStore } from 'vuex'
import { type LabState, perTransport } from '../../shared/lab.ts'
import { defaults } from '../../shared/settings.ts'
import { type Api, ApiError } from '../api.ts'
import { createLab } from './lab.ts'

const state: LabState = {
  run: 'one',
  running: true,
  settings: defaults,
  published: 3,
  due: 3,
  cut: null,
  readings: perTransport(() => ({ requests: 0, notModified: 0, connections: 0, bytesIn: 0, bytesOut: 0 })),
  crowd: perTransport(() => ({ open: 0, received: 0, missed: 0, repeated: 0 })),
}

function start(api: Partial<Api> = {}) {
  const reset = vi.fn()
  const lab = { ports: perTransport(() => 0), state }
  const store = createStore<{ lab: LabState & { refusal: string | null } }>({
    strict: true,
    modules: {
      lab: createLab(api as Api, lab) as never,
      panels: { namespaced: true, mutations: { reset } },
    },
  })
  return { store, reset }
}

test('what the server tells is how the lab stands', async () => {
  const { store, reset } = start()
  await store.dispatch('lab/told', { ...state, published: 7, running: false })
  expect(store.state.lab).toMatchObject({ published: 7, running: false })
  expect(reset).not.toHaveBeenCalled()
})

test('another run makes the panels count from nothing', async () => {
  const { store, reset } = start()
  await store.dispatch('lab/told', { ...state, run: 'two', published: 0 })
  expect(reset).toHaveBeenCalledOnce()
})

test('an order that is refused says why, and the next one that is not takes it back', async () => {
  const change = vi.fn<Api['change']>()
  const { store } = start({ change })
  change.mockRejectedValueOnce(new ApiError('2000 is the limit', 400))
  await store.dispatch('lab/change', { clients: 200 })
  expect(store.state.lab).toMatchObject({ refusal: '2000 is the limit', settings: defaults })

  change.mockResolvedValueOnce({ ...state, settings: { ...defaults, clients: 5 } })
  await store.dispatch('lab/change', { clients: 5 })
  expect(store.state.lab).toMatchObject({ refusal: null, settings: { clients: 5 } })
})

test('what is no refusal is not swallowed', async () => {
  const { store } = start({ reset: () => Promise.reject(new TypeError('of ours')) })
  await expect(store.dispatch('lab/reset')).rejects.toThrow('of ours')
})
