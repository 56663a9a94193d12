// @vitest-environment jsdom
import { scriptEventSource } from '@sse/client/testing'
import { createSse as createVueSse } from '@sse/vue'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createStore } from 'vuex'
import { createSse } from './index.ts'

const url = 'http://events.example/events'

afterEach(() => vi.unstubAllEnvs())

const settled = () => new Promise((resolve) => setTimeout(resolve))

interface State {
  notes: number[]
}

/** What an action gets. */
interface Context {
  commit(mutation: string, payload: unknown): void
}

/** A store whose list is loaded by an action, and the stream that feeds it. */
function setUp(load: (context: Context) => unknown = () => {}, options: object = {}) {
  const { EventSource, sources } = scriptEventSource()
  const sse = createSse<{ note: number }>({
    ...{ url, EventSource, batch: false, events: { note: 'add' }, resync: { dispatch: 'load' } },
    ...options,
  })
  const store = createStore<State>({
    strict: true,
    state: { notes: [] },
    mutations: {
      add: (state, note: number) => state.notes.push(note),
      replace(state, notes: number[]) {
        state.notes = notes
      },
    },
    actions: { load },
    plugins: [sse],
  })
  onTestFinished(() => sse.disconnect())
  const open = (id = 'e-0', resumed: boolean | null = null) => {
    sources.at(-1)?.open()
    sources.at(-1)?.send('sse.open', JSON.stringify({ stream: 's', heartbeat: 0, resumed }), id)
  }
  const send = (...numbers: number[]) => {
    for (const number of numbers) sources.at(-1)?.send('note', `${number}`, `e-${number}`)
  }
  return { sse, store, sources, open, send }
}

describe('the object of createSse', () => {
  it('connects, disconnects and waits, as its actions do', async () => {
    const { sse, store, sources, open, send } = setUp()
    sse.connect({ lastEventId: 'e-1' })
    expect(sources[0]?.url.searchParams.get('lastEventId')).toBe('e-1')
    open('e-1', true)
    const reached = sse.reached('e-2')
    send(2)
    await reached
    expect(store.state.notes).toEqual([2])
    sse.disconnect()
    expect(store.state).toMatchObject({ sse: { status: 'closed' } })
    await expect(sse.reached('e-3')).rejects.toMatchObject({ code: 'closed' })
  })

  it('that is in no store says what is missing', async () => {
    const sse = createSse({ url })
    const missing = expect.objectContaining({
      code: 'invalid-use',
      message: expect.stringContaining('createStore({ plugins: [sse] })'),
    })
    expect(() => sse.connect()).toThrow(missing)
    expect(() => sse.disconnect()).toThrow(missing)
    await expect(sse.reached('e-1')).rejects.toThrow(missing)
  })
})

describe('an action that returns its position', () => {
  it('holds back the events of the store, which then receives exactly what comes after it', async () => {
    const loaded = Promise.withResolvers<string>()
    const { sse, store, open, send, sources } = setUp(async ({ commit }) => {
      const position = await loaded.promise
      commit('replace', [1, 2])
      return position
    })
    sse.connect()
    open()
    send(1, 2, 3)
    await settled()
    expect(store.state).toMatchObject({ notes: [], sse: { stale: true, received: 0 } })
    loaded.resolve('e-2')
    await settled()
    expect(store.state).toMatchObject({ notes: [1, 2, 3], sse: { stale: false, received: 1 } })
    expect(sources).toHaveLength(1)
  })

  it('behind the stream makes it begin there', async () => {
    const { sse, store, open, send, sources } = setUp(({ commit }) => {
      commit('replace', [1])
      return 'e-1'
    })
    sse.connect()
    open('e-3')
    await settled()
    expect(sources[1]?.url.searchParams.get('lastEventId')).toBe('e-1')
    open('e-1', true)
    send(2, 3, 4)
    expect(store.state.notes).toEqual([1, 2, 3, 4])
  })
})

describe('one connection', () => {
  it('serves a store and components without one: each loads for itself', async () => {
    const { sse, store, open, send, sources } = setUp(() => new Promise(() => {}))
    const plain = createVueSse<{ note: number }>({ use: sse, namespace: 'plain', batch: false })
    const heard: number[] = []
    plain.on('note', (note) => heard.push(note))
    sse.connect()
    open()
    send(1)
    expect([heard, store.state.notes, plain.status, plain.stale]).toEqual([[1], [], 'open', false])
    expect(sources).toHaveLength(1)
  })

  it('serves a store that shares that of components', async () => {
    const { EventSource, sources } = scriptEventSource()
    const plain = createVueSse<{ note: number }>({ url, EventSource, batch: false })
    const { store } = setUp(() => {}, { url: undefined, EventSource: undefined, use: plain })
    plain.connect()
    sources[0]?.open()
    sources[0]?.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":null}', 'e-0')
    await settled()
    sources[0]?.send('note', '1', 'e-1')
    expect(store.state).toMatchObject({ notes: [1], sse: { status: 'open', received: 1 } })
    expect(sources).toHaveLength(1)
  })
})

it('time travel opens and closes no connection', () => {
  const { sse, store, open, send, sources } = setUp(() => {})
  const past: State[] = []
  store.subscribe((_, state) => past.push(JSON.parse(JSON.stringify(state))))
  sse.connect()
  open()
  send(1, 2)
  sources[0]?.lose()
  expect(past.map((state) => (state as { sse?: { status: string } }).sse?.status)).toContain('connecting')
  for (const state of past.reverse()) store.replaceState(state)
  expect(sources.map(({ readyState }) => readyState)).toEqual([2])
})

it('a production build loads what receives events beside the page, and loses none', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  vi.resetModules()
  const { createSse } = await import('./index.ts')
  const { EventSource, sources } = scriptEventSource()
  const heard: number[] = []
  const sse = createSse<{ note: number }>({
    ...{ url, EventSource, events: { note: (note) => heard.push(note) }, batch: false, resync: false },
  })
  const store = createStore({ strict: true, plugins: [sse] })
  store.dispatch('sse/connect')
  expect([store.state, sources]).toMatchObject([{ sse: { status: 'connecting' } }, []])
  await vi.waitFor(() => expect(sources).toHaveLength(1))
  sources[0]?.open()
  sources[0]?.send('note', '1', 'e-1')
  expect(heard).toEqual([1])
  expect(store.state).toMatchObject({ sse: { status: 'open', received: 1, lastEventId: 'e-1' } })
  store.dispatch('sse/disconnect')
})
