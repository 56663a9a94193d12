import { createScriptedServer } from '@sse/testbed'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createStore } from 'vuex'
import { createSse } from './index.ts'

interface Events {
  note: { id: number }
}

interface State {
  readonly notes: Events['note'][]
  readonly sse?: unknown
}

describe('over a real connection', () => {
  beforeEach(() => vi.stubGlobal('window', globalThis))
  afterEach(() => vi.unstubAllGlobals())

  it('events travel into the store, over a reconnect too', async () => {
    const server = await createScriptedServer()
    const load = vi.fn()
    const sse = createSse<Events>({
      url: server.url,
      events: { note: 'add' },
      resync: load,
      backoff: { base: 1 },
    })
    const store = createStore<State>({
      strict: true,
      state: { notes: [] },
      mutations: { add: (state, note: Events['note']) => state.notes.push(note) },
      plugins: [sse],
    })
    store.dispatch('sse/connect')
    const first = await server.next()
    first.open()
    first.send({ event: 'sse.open', data: { stream: 's', heartbeat: 15_000, resumed: null }, id: '0' })
    first.send({ event: 'note', data: { id: 1 }, id: '1' })
    await vi.waitFor(() => expect(store.state.notes).toEqual([{ id: 1 }]))
    first.destroy()
    const second = await server.next()
    expect(second.headers['last-event-id']).toBe('1')
    second.open()
    second.send({ event: 'sse.open', data: { stream: 't', heartbeat: 15_000, resumed: true }, id: '1' })
    second.send({ event: 'note', data: { id: 2 }, id: '2' })
    await vi.waitFor(() => expect(store.state.notes).toEqual([{ id: 1 }, { id: 2 }]))
    expect(load).toHaveBeenCalledOnce()
    expect(store.state.sse).toMatchObject({ status: 'open', received: 2, lastEventId: '2', stale: false })
    store.dispatch('sse/disconnect')
    await second.closed
  })
  it('a reloaded page, which kept its cursor and nothing else, loads what it shows', async () => {
    const server = await createScriptedServer()
    const kept = new Map<string, string>()
    const persist = {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, text: string) => void kept.set(name, text),
    }
    /** A page: a store that is empty, and loads two notes. */
    const visit = () => {
      const options = { url: server.url, events: { note: 'add' }, resync: { dispatch: 'load' }, persist }
      const store = createStore({
        strict: true,
        // The plugin leaves the type of the state to this.
        state: { notes: [] as Events['note'][] },
        mutations: { add: ({ notes }, note: Events['note']) => notes.push(note) },
        actions: { load: ({ commit }) => [1, 2].forEach((id) => void commit('add', { id })) },
        plugins: [createSse<Events>(options)],
      })
      store.dispatch('sse/connect')
      return store
    }
    const loaded = [{ id: 1 }, { id: 2 }]
    for (const [cursor, resumed] of [
      [undefined, null],
      ['1', true],
    ] as const) {
      const store = visit()
      const stream = await server.next()
      expect(stream.headers['last-event-id']).toBe(cursor)
      stream.open()
      stream.send({ event: 'sse.open', data: { stream: 's', heartbeat: 15_000, resumed }, id: '1' })
      await vi.waitFor(() => expect(store.state).toMatchObject({ notes: loaded, sse: { stale: false } }))
      store.dispatch('sse/disconnect')
      await stream.closed
    }
  })
  it('an event that nothing handles is told of once in development, by its name', async () => {
    const server = await createScriptedServer()
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const sse = createSse<Events>({ url: server.url, events: { note: 'add' }, resync: false })
    const store = createStore<State>({
      state: { notes: [] },
      mutations: { add: (state, note: Events['note']) => state.notes.push(note) },
      plugins: [sse],
    })
    store.dispatch('sse/connect')
    const stream = await server.next()
    stream.open()
    for (const event of ['notte', 'notte', 'note']) stream.send({ event, data: { id: 1 } })
    await vi.waitFor(() => expect(store.state).toMatchObject({ notes: [{ id: 1 }], sse: { received: 1 } }))
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/event 'notte' that nothing handles: `events` maps note\./),
    )
    warn.mockRestore()
    store.dispatch('sse/disconnect')
    await stream.closed
  })
})
