import { scriptEventSource } from '@sse/client/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  createSse,
  type Sse,
  type SseModuleState,
  type SseOptions,
  type StoreLike,
  useSse,
  useSseEvent,
} from '../src/index.ts'

/** Vue and Vuex, in the versions that belong together. */
export interface Pair {
  createStore(options: object): TestStore
  /** Puts a component into a page, with the plugins it needs. */
  mount(
    component: object,
    store: TestStore,
    plugin: ReturnType<typeof createSse>,
  ): { text(): string; unmount(): void }
  h(tag: unknown, text?: string): unknown
  nextTick(): Promise<void>
  ref<Value>(value: Value): { value: Value }
  effectScope(): { run(setUp: () => void): void; stop(): void }
}

export interface TestStore extends StoreLike {
  readonly state: { sse: SseModuleState; notes: Notes; [module: string]: unknown }
  replaceState(state: object): void
  subscribe(listener: (mutation: { type: string; payload: unknown }) => void): () => void
  subscribeAction(listener: (action: { type: string; payload: unknown }) => void): () => void
  hotUpdate(options: object): void
}

interface Notes {
  readonly list: unknown[]
}

const URL = 'http://events.example/events'

/** The app's own module, and a record of what is done to it. */
function createNotes() {
  return {
    namespaced: true,
    state: (): { list: unknown[] } => ({ list: [] }),
    mutations: {
      add: (state: { list: unknown[] }, note: unknown) => state.list.push(note),
      addMany: (state: { list: unknown[] }, notes: unknown[]) => state.list.push(...notes),
      clear: (state: { list: unknown[] }) => state.list.splice(0),
      fail() {
        throw new Error('from the mutation')
      },
    },
    actions: {
      add: ({ commit }: { commit: StoreLike['commit'] }, note: unknown) => commit('add', note),
      load: () => {},
      reject: () => Promise.reject(new Error('from the action')),
      fail() {
        throw new Error('thrown by the action')
      },
    },
  }
}

/** One suite for both pairs. */
export function describePair({ createStore, mount, h, nextTick, ref, effectScope }: Pair): void {
  const frames = new Map<number, () => void>()
  let handle = 0
  let time = 0
  const frame = () => {
    const runs = [...frames.values()]
    frames.clear()
    for (const run of runs) run()
  }

  beforeEach(() => {
    frames.clear()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    // No time passes in a frame unless a test says so.
    vi.spyOn(performance, 'now').mockImplementation(() => time)
    vi.stubGlobal('requestAnimationFrame', (run: () => void) => {
      frames.set(++handle, run)
      return handle
    })
    vi.stubGlobal('cancelAnimationFrame', (handle: number) => frames.delete(handle))
  })

  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })

  function setUp(options: Partial<SseOptions<Record<string, unknown>>> = {}, more: object = {}) {
    const { EventSource, sources } = scriptEventSource()
    const onError = vi.fn()
    const plugin = createSse({ url: URL, EventSource, onError, resync: false, ...options })
    const store = createStore({ strict: true, modules: { notes: createNotes() }, plugins: [plugin], ...more })
    const commits: string[] = []
    store.subscribe(({ type }) => commits.push(type))
    const source = () => sources.at(-1)!
    /** Opens the stream, as a server of ours does. */
    const open = (resumed: boolean | null = null, id = '1') => {
      source().open()
      source().send('sse.open', JSON.stringify({ stream: 's', heartbeat: 15_000, resumed }), id)
    }
    return { plugin, store, commits, sources, source, open, onError }
  }

  /** A client that is connected and open. */
  function opened(options: Partial<SseOptions<Record<string, unknown>>> = {}) {
    const bed = setUp(options)
    bed.store.dispatch('sse/connect')
    bed.open()
    return bed
  }

  describe('the module', () => {
    it('opens nothing by itself', () => {
      const { store, sources } = setUp()
      expect(sources).toEqual([])
      expect(store.state.sse).toEqual({
        ...{ status: 'idle', reason: null, lastEventId: '', error: null, attempt: 0, retryAt: null },
        ...{ openedAt: null, received: 0, gaps: 0, channels: [], refused: [], stale: false },
        history: [],
      })
    })

    it('follows the connection, in plain data', () => {
      const { store, source, open } = setUp()
      store.dispatch('sse/connect')
      expect(store.state.sse.status).toBe('connecting')
      open()
      expect(store.state.sse).toMatchObject({
        status: 'open',
        openedAt: expect.any(Number),
        lastEventId: '1',
      })
      source().lose()
      expect(store.state.sse).toMatchObject({
        ...{ status: 'waiting', attempt: 1, retryAt: expect.any(Number), openedAt: null },
        error: { code: 'network', message: 'The stream ended' },
      })
      store.dispatch('sse/disconnect')
      expect(store.state.sse).toMatchObject({
        status: 'closed',
        reason: 'closed',
        error: null,
        retryAt: null,
      })
      expect(JSON.parse(JSON.stringify(store.state.sse))).toEqual(store.state.sse)
    })

    it('connects once, and again when told so', () => {
      const { store, sources } = setUp()
      store.dispatch('sse/connect')
      store.dispatch('sse/connect')
      expect(sources).toHaveLength(1)
      store.dispatch('sse/reconnect')
      expect(sources.map(({ readyState }) => readyState)).toEqual([2, 0])
    })

    it('goes on from the position of a snapshot', () => {
      const { store, source } = setUp()
      store.dispatch('sse/connect', { lastEventId: '41' })
      expect(source().url.searchParams.get('lastEventId')).toBe('41')
    })

    it('goes on from the position that came with a rendered page', () => {
      const { store, source } = setUp()
      store.replaceState({ ...store.state, sse: { ...store.state.sse, lastEventId: '41' } })
      store.dispatch('sse/connect')
      expect(source().url.searchParams.get('lastEventId')).toBe('41')
    })

    it('goes on from where it was without a payload, whatever stands for none', () => {
      for (const payload of [undefined, null, {}, { lastEventId: undefined }, { lastEventId: null }]) {
        const { store, source } = setUp({ lastEventId: '7' })
        store.dispatch('sse/connect', payload)
        expect(source().url.searchParams.get('lastEventId')).toBe('7')
      }
    })

    it('asks for channels, and shows those the server confirmed and those it refused', () => {
      const { store, source } = opened({ channels: ['a'] })
      store.dispatch('sse/disconnect')
      store.dispatch('sse/subscribe', ['b', 'c'])
      store.dispatch('sse/unsubscribe', 'a')
      store.dispatch('sse/connect')
      expect(source().url.searchParams.get('channels')).toBe('b,c')
      source().open()
      source().send('sse.channels', '{"channels":["b"],"refused":["c"]}', '1')
      expect(store.state.sse).toMatchObject({ channels: ['b'], refused: ['c'] })
    })

    it.each(['development', 'production'])(
      'refuses a second stream of the same name, in %s',
      (environment) => {
        vi.stubEnv('NODE_ENV', environment)
        const { EventSource } = scriptEventSource()
        const [news, prices] = [
          createSse({ url: '/news', EventSource }),
          createSse({ url: '/prices', EventSource }),
        ]
        const refusal = expect.objectContaining({
          ...{ name: 'SseError', code: 'invalid-option', value: 'sse' },
          message: expect.stringMatching(/by `?namespace/),
        })
        expect(() => createStore({ plugins: [news, prices] })).toThrow(refusal)
      },
    )

    it('stays where it is when the state is replaced by one without it', () => {
      const { store, source } = opened({ events: { note: 'notes/add' } })
      source().send('note', '1', '2')
      frame()
      const before = store.state.sse
      for (const state of [{ notes: { list: [] } }, { notes: { list: [] }, sse: undefined }]) {
        store.replaceState(state)
        expect(store.state.sse).toEqual(before)
      }
      source().send('note', '2', '3')
      frame()
      expect(store.state.notes.list).toEqual([2])
      expect(store.state.sse).toMatchObject({ status: 'open', received: 2, lastEventId: '3' })
    })

    it('refuses the name of a module of the app', () => {
      expect(() => setUp({ namespace: 'notes' })).toThrow("has a module 'notes'")
    })

    it('may be there several times, each with a name and a connection of its own', () => {
      const { EventSource, sources } = scriptEventSource()
      const prices = createSse({ url: URL, namespace: 'prices', EventSource })
      const news = createSse({ url: URL, EventSource })
      const store = createStore({ strict: true, plugins: [news, prices] })
      store.dispatch('sse/connect')
      store.dispatch('prices/connect')
      sources[1]?.open()
      expect(store.state.sse.status).toBe('connecting')
      expect(store.state['prices']).toMatchObject({ status: 'open' })
    })

    it('takes the place of its former one when it is put in again: one connection, same cursor', () => {
      const { store, sources, open, commits } = setUp({ events: { note: 'notes/add' } })
      store.dispatch('sse/connect')
      open(null, '7')
      const next = scriptEventSource()
      createSse({ url: URL, EventSource: next.EventSource, events: { note: 'notes/add' } })(store)
      expect(sources.map(({ readyState }) => readyState)).toEqual([2])
      expect(next.sources).toHaveLength(1)
      expect(next.sources[0]?.url.searchParams.get('lastEventId')).toBe('7')
      expect(store.state.sse.status).toBe('connecting')
      commits.length = 0
      next.sources[0]?.open()
      expect(commits).toEqual(['sse/state'])
    })
  })

  describe('hot module replacement', () => {
    const component = (heard: unknown[]) => ({
      setup() {
        useSseEvent('note', (data) => heard.push(data))
        return () => h('p', 'first')
      },
    })

    it('of a module of the app keeps the connection, and events reach the new mutations', () => {
      const { store, source, sources } = opened({ events: { note: 'notes/add' } })
      const { mutations, ...notes } = createNotes()
      const add = (state: { list: unknown[] }, note: unknown) => state.list.push(['new', note])
      store.hotUpdate({ modules: { notes: { ...notes, mutations: { ...mutations, add } } } })
      source().send('note', '1', '2')
      frame()
      expect(sources).toHaveLength(1)
      expect(store.state.notes.list).toEqual([['new', 1]])
      expect(store.state.sse).toMatchObject({ status: 'open', received: 1, lastEventId: '2' })
    })

    it('of the stream leaves one connection, which goes on from the cursor by the new mapping', async () => {
      const load = vi.fn()
      const { store, source, sources, open } = opened({ events: { note: 'notes/fail' }, resync: load })
      await settled()
      const next = scriptEventSource()
      const { EventSource } = next
      createSse({ url: URL, EventSource, events: { note: 'notes/add' }, resync: load })(store)
      expect(sources.map(({ readyState }) => readyState)).toEqual([2])
      expect(next.sources.map(({ url }) => url.searchParams.get('lastEventId'))).toEqual(['1'])
      source().send('note', '0', '2')
      sources.push(...next.sources)
      open(true)
      source().send('note', '1', '2')
      frame()
      await settled()
      expect(store.state.notes.list).toEqual([1])
      expect(store.state.sse).toMatchObject({ status: 'open', received: 1, stale: false })
      expect(load).toHaveBeenCalledOnce()
    })

    it('of the stream keeps the channels that were asked for at run time', () => {
      const { store } = opened({ channels: ['a', 'b'] })
      store.dispatch('sse/subscribe', ['room:1', 'room:2'])
      store.dispatch('sse/unsubscribe', ['a', 'room:2'])
      for (const more of [[], ['room:1']]) {
        const { EventSource, sources } = scriptEventSource()
        createSse({ url: URL, EventSource, channels: ['a', 'b', 'c', ...more] })(store)
        const asked = sources[0]?.url.searchParams.get('channels')?.split(',')
        expect(asked?.sort()).toEqual(['b', 'c', 'room:1'])
      }
    })

    it('of the stream is told from another stream of the same name by its address', () => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue()
      const { store } = setUp()
      const { EventSource } = scriptEventSource()
      createSse({ url: URL, EventSource })(store)
      expect(warn).not.toHaveBeenCalled()
      createSse({ url: '/prices', EventSource })(store)
      expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('was replaced by one of /prices'))
    })

    it('of the stream while it loads: the new one loads again, and only then is nothing stale', async () => {
      const { store } = opened({ resync: () => new Promise(() => {}) })
      await settled()
      const load = vi.fn()
      const { EventSource, sources } = scriptEventSource()
      createSse({ url: URL, EventSource, resync: load })(store)
      expect(store.state.sse.stale).toBe(true)
      sources[0]?.open()
      sources[0]?.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":true}', '1')
      await settled()
      expect(load).toHaveBeenCalledOnce()
      expect(store.state.sse.stale).toBe(false)
    })

    it('of a stream that was not connected opens nothing', () => {
      const { store } = setUp()
      const next = scriptEventSource()
      createSse({ url: URL, EventSource: next.EventSource })(store)
      expect(next.sources).toEqual([])
    })

    it('of the stream keeps the handlers of components, each once, and what they got from useSse', () => {
      const { store, plugin } = opened()
      const heard: unknown[] = []
      let sse: Sse | undefined
      const page = mount(
        {
          setup() {
            sse = useSse()
            useSseEvent('note', (data) => heard.push(data))
            return () => h('p', '')
          },
        },
        store,
        plugin,
      )
      const next = scriptEventSource()
      createSse({ url: URL, EventSource: next.EventSource })(store)
      sse?.on('late', (data) => heard.push(data))
      next.sources[0]?.open()
      next.sources[0]?.send('note', '1')
      next.sources[0]?.send('late', '2')
      frame()
      expect(heard).toEqual([1, 2])
      expect(sse?.status).toBe('open')
      page.unmount()
      expect(next.sources[0]?.readyState).toBe(2)
    })

    it('of a component leaves one connection and one handler', async () => {
      const { store, plugin, source, sources } = opened()
      const heard: unknown[] = []
      const shown = ref(component(heard))
      const page = mount({ setup: () => () => h(shown.value) }, store, plugin)
      for (let change = 0; change < 3; change++) {
        shown.value = component(heard)
        await nextTick()
      }
      source().send('note', '1')
      frame()
      expect(heard).toEqual([1])
      expect(sources).toHaveLength(1)
      page.unmount()
    })
  })

  describe('events', () => {
    it('become a mutation, an action, a call, or several in order', () => {
      const called = vi.fn()
      const { source, store } = opened({
        events: {
          note: 'notes/add',
          task: { dispatch: 'notes/add' },
          mail: { commit: 'notes/add' },
          call: called,
          both: ['notes/add', { dispatch: 'notes/add' }, called],
        },
      })
      for (const name of ['note', 'task', 'mail', 'call', 'both'])
        source().send(name, `{"name":"${name}"}`, '2')
      frame()
      const names = store.state.notes.list.map((note) => (note as { name: string }).name)
      expect(names).toEqual(['note', 'task', 'mail', 'both', 'both'])
      expect(called.mock.calls).toEqual([
        [{ name: 'call' }, { event: 'call', id: '2' }],
        [{ name: 'both' }, { event: 'both', id: '2' }],
      ])
      expect(store.state.sse).toMatchObject({ received: 5, lastEventId: '2' })
    })

    it('reach only what is listed, whatever a server calls them', () => {
      const { source, store, commits } = opened({ events: { note: 'notes/add' } })
      commits.length = 0
      const names = ['sse/SET_STATUS', 'sse/state', 'state', 'sse/progress', 'notes/clear', 'notes/add']
      names.push('__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'then', '0')
      for (const name of names) source().send(name, '{"status":"closed"}', '2')
      for (const name of ['sse.state', 'sse.invalid']) source().send(name, '{"status":"closed"}', '2')
      frame()
      expect(commits).toEqual([])
      expect(store.state.sse).toMatchObject({ status: 'open', received: 0 })
      expect(store.state.notes.list).toEqual([])
    })

    it('come with the next frames, in order, none lost, and in one commit each where batches are asked for', () => {
      const { source, store, commits } = opened({
        events: { note: { commit: 'notes/addMany', batch: true } },
      })
      const numbers = Array.from({ length: 10_000 }, (_, i) => i)
      for (const number of numbers) source().send('note', `${number}`, `${number}`)
      while (frames.size > 0) {
        commits.length = 0
        frame()
        expect(commits).toEqual(['notes/addMany', 'sse/progress'])
        expect(store.state.sse.lastEventId).toBe(`${store.state.notes.list.at(-1)}`)
      }
      expect(store.state.notes.list).toEqual(numbers)
      expect(store.state.sse).toMatchObject({ received: 10_000, lastEventId: '9999' })
    })

    it('leave the rest of a burst to later frames when the work takes its time', () => {
      const { source, store } = opened({ events: { note: ['notes/add', () => (time += 4)] } })
      for (const number of [1, 2, 3, 4, 5]) source().send('note', `${number}`)
      frame()
      expect(store.state.notes.list).toEqual([1, 2, 3])
      expect(store.state.sse.received).toBe(3)
      frame()
      expect(store.state.notes.list).toEqual([1, 2, 3, 4, 5])
      expect(store.state.sse.received).toBe(5)
    })

    it('wait in bounds: of more than 20,000 the oldest are delivered at once', () => {
      const { source, commits, store } = opened({
        events: { note: { commit: 'notes/addMany', batch: true } },
      })
      for (let number = 0; number < 20_000; number++) source().send('note', `${number}`)
      expect(commits).not.toContain('notes/addMany')
      source().send('note', '20000')
      expect(store.state.notes.list).toHaveLength(2000)
      while (frames.size > 0) frame()
      expect(store.state.notes.list).toEqual(Array.from({ length: 20_001 }, (_, i) => i))
    })

    it('for single commits never overtake a batch', () => {
      const many = { commit: 'notes/addMany', batch: true } as const
      const { source, store, commits } = opened({ events: { a: many, b: many, c: 'notes/add' } })
      commits.length = 0
      for (const name of ['a', 'b', 'c', 'b', 'a']) source().send(name, name)
      frame()
      expect(store.state.notes.list).toEqual(['a', 'b', 'c', 'b', 'a'])
      expect(commits).toEqual(['notes/addMany', 'notes/add', 'notes/addMany', 'sse/progress'])
    })

    it('may be taken by a function as whole batches', () => {
      const called = vi.fn()
      const { source } = opened({ events: { note: { run: called, batch: true } } })
      source().send('note', '1', '2')
      source().send('note', '2', '3')
      frame()
      expect(called.mock.calls).toEqual([[[1, 2], { event: 'note', id: '3' }]])
    })

    it('are in the store before functions hear of them, batches too', () => {
      const heard: unknown[] = []
      const many = { commit: 'notes/addMany', batch: true } as const
      const { source, store, commits } = opened({
        events: {
          a: [many, (data) => heard.push([data, ...store.state.notes.list])],
          b: (data) => heard.push([data, ...store.state.notes.list]),
        },
      })
      commits.length = 0
      for (const name of ['b', 'a', 'a', 'b']) source().send(name, name)
      frame()
      expect(heard).toEqual([['b'], ['a', 'a', 'a'], ['a', 'a', 'a'], ['b', 'a', 'a']])
      expect(commits).toEqual(['notes/addMany', 'sse/progress'])
    })

    it('come at once where frames are not wanted', () => {
      const { source, store } = opened({ events: { note: 'notes/add' }, batch: false })
      source().send('note', '1')
      expect([store.state.notes.list, frames.size]).toEqual([[1], 0])
    })

    it('come by a timer while the page is hidden', () => {
      vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
      const { source, store } = opened({ events: { note: 'notes/add' } })
      source().send('note', '1')
      expect(frames.size).toBe(0)
      vi.runOnlyPendingTimers()
      expect(store.state.notes.list).toEqual([1])
    })

    it('come all at once while the page is hidden, where there is no frame to spoil', () => {
      vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
      const { source, store } = opened({ events: { note: { commit: 'notes/addMany', batch: true } } })
      for (let number = 0; number < 10_000; number++) source().send('note', `${number}`)
      vi.runOnlyPendingTimers()
      expect(store.state.notes.list).toHaveLength(10_000)
    })

    it('come every 250 ms while no frame does', () => {
      const { source, store } = opened({ events: { note: { commit: 'notes/addMany', batch: true } } })
      for (let number = 0; number < 5000; number++) source().send('note', `${number}`)
      for (const delivered of [2000, 4000, 5000]) {
        vi.advanceTimersByTime(250)
        expect(store.state.notes.list).toHaveLength(delivered)
      }
    })

    it('come by a timer when the page is hidden before its frame', () => {
      const { source, store } = opened({ events: { note: 'notes/add' } })
      source().send('note', '1')
      vi.advanceTimersByTime(250)
      expect(store.state.notes.list).toEqual([1])
      frame()
      expect(store.state.notes.list).toEqual([1])
    })

    it('are in the store before the connection is seen to end', () => {
      const { source, store, commits } = opened({ events: { note: 'notes/add' } })
      commits.length = 0
      source().send('note', '1', '2')
      source().lose()
      expect(commits).toEqual(['notes/add', 'sse/progress', 'sse/state'])
      source().lose()
      expect(store.state.sse.lastEventId).toBe('2')
    })

    it('that came before a disconnect are delivered before it, also from inside a handler', () => {
      const order: unknown[] = []
      const { source, store, commits } = opened({
        events: {
          leave: () => store.dispatch('sse/disconnect'),
          note: ['notes/add', (data) => order.push([data, store.state.sse.status])],
        },
      })
      source().send('leave', '')
      source().send('note', '1')
      frame()
      expect(order).toEqual([[1, 'open']])
      expect(store.state.sse.status).toBe('closed')
      expect(commits.at(-1)).toBe('sse/state')
    })

    it('that nothing handles are told of once in development, with the names that are mapped', () => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue()
      const { source, store } = opened({ events: { note: 'notes/add', task: [] } })
      for (const name of ['message', 'message', 'note', 'task']) source().send(name, '1', '2')
      frame()
      expect(warn).toHaveBeenCalledExactlyOnceWith(
        expect.stringMatching(/event 'message' that nothing handles: `events` maps note, task\./),
      )
      expect(store.state.sse.received).toBe(1)
    })

    it('that nothing handles are not told of in production, nor where a component hears them', () => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue()
      vi.stubEnv('NODE_ENV', 'production')
      opened().source().send('message', '1')
      vi.unstubAllEnvs()
      const { plugin, source, store } = opened()
      const page = mount(
        {
          setup() {
            useSseEvent('message', () => {})
            return () => h('p', '')
          },
        },
        store,
        plugin,
      )
      source().send('message', '1')
      frame()
      expect(warn).not.toHaveBeenCalled()
      page.unmount()
    })

    it('may be frozen', () => {
      const { source, store } = opened({ events: { note: 'notes/add' }, freeze: true })
      source().send('note', '{"read":false}')
      frame()
      expect(Object.isFrozen(store.state.notes.list[0])).toBe(true)
    })

    it('are kept in the state, the newest of them, if asked for', () => {
      const { source, store, commits } = opened({ events: { note: 'notes/add' }, keep: 2 })
      commits.length = 0
      for (const number of [1, 2, 3]) source().send('note', `${number}`, `id ${number}`)
      source().send('other', '4', 'id 4')
      frame()
      expect(store.state.sse.history).toEqual([
        { event: 'note', id: 'id 2', data: 2 },
        { event: 'note', id: 'id 3', data: 3 },
      ])
      source().send('note', '5', 'id 5')
      frame()
      expect(store.state.sse.history.map(({ data }) => data)).toEqual([3, 5])
      expect(commits.filter((type) => type === 'sse/history')).toHaveLength(2)
    })

    it('are readable entries of the devtools: plain payloads of their own', () => {
      const { EventSource, sources } = scriptEventSource()
      const entries: { type: string; payload: unknown }[] = []
      const record = ({ type, payload }: { type: string; payload: unknown }) =>
        entries.push({ type, payload: structuredClone(payload) })
      const { store } = setUp({
        EventSource,
        events: { note: { commit: 'notes/addMany', batch: true }, task: { dispatch: 'notes/add' } },
        resync: { dispatch: 'notes/load' },
        keep: 1,
      })
      store.subscribe(record)
      store.subscribeAction(record)
      store.dispatch('sse/connect', { lastEventId: '1' })
      const [source] = sources
      source?.open()
      source?.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":true}', '1')
      source?.send('note', '{"a":1}', '2')
      source?.send('note', '{"a":2}', '3')
      source?.send('task', '{"a":3}', '4')
      frame()
      source?.send('sse.gap', '{}', '9')
      expect(entries).toEqual([
        { type: 'sse/connect', payload: { lastEventId: '1' } },
        { type: 'sse/state', payload: expect.objectContaining({ status: 'connecting' }) },
        { type: 'sse/state', payload: expect.objectContaining({ status: 'open' }) },
        { type: 'sse/progress', payload: { received: 0, lastEventId: '1' } },
        { type: 'notes/addMany', payload: [{ a: 1 }, { a: 2 }] },
        { type: 'notes/add', payload: { a: 3 } },
        { type: 'notes/add', payload: { a: 3 } },
        { type: 'sse/history', payload: [{ event: 'task', id: '4', data: { a: 3 } }] },
        { type: 'sse/progress', payload: { received: 3, lastEventId: '4' } },
        { type: 'sse/gap', payload: '9' },
        { type: 'sse/stale', payload: true },
      ])
    })
  })

  describe('records and members', () => {
    const json = JSON.stringify
    const prices = {
      namespaced: true,
      state: () => ({ all: {}, isOver: undefined as string | undefined, members: [] as unknown[] }),
      mutations: {
        replace(
          state: { all: object; isOver: string | undefined },
          given: { records: Record<string, number>; stale: boolean; ended: string | undefined },
        ) {
          state.all = given.records
          state.isOver = given.ended
        },
        setMembers: (state: { members: unknown[] }, { members }: { members: unknown[] }) => {
          state.members = members
        },
      },
    }

    it('reach the store as plain data, once per frame, and need no resync', async () => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      const dispatched: unknown[] = []
      const bed = setUp(
        {
          resync: undefined,
          keep: 10,
          channels: ['prices', 'room'],
          records: {
            prices: ['prices/replace', ({ records }) => dispatched.push(records), { commit: 'nowhere' }],
          },
          presence: { room: { commit: 'prices/setMembers' } },
        },
        { modules: { notes: createNotes(), prices } },
      )
      const { store, source, open, onError, commits, sources } = bed
      store.dispatch('sse/connect')
      await vi.waitFor(() => expect(sources).toHaveLength(1))
      open(null, '')
      const set = (record: string, price: number, id = '') => {
        source().send('sse.record', json({ ...(id && { id }), channels: ['prices'], record }))
        source().send('message', String(price), id)
      }
      source().send('sse.records', json({ channels: ['prices'] }))
      set('a', 1)
      set('b', 1)
      source().send('sse.records', json({ channels: ['prices'], done: true }), 'e-1')
      set('a', 2, 'e-2')
      source().send(
        'sse.presence',
        json({ channel: 'room', members: [{ id: 'm', info: 'Mina', streams: 1 }] }),
      )
      expect(store.state['prices']).toMatchObject({ all: {}, members: [] })
      frame()
      expect(store.state['prices']).toMatchObject({
        all: { a: 2, b: 1 },
        members: [{ id: 'm', info: 'Mina', streams: 1 }],
      })
      expect(commits.filter((type) => type === 'prices/replace')).toHaveLength(1)
      expect(dispatched).toEqual([{ a: 2, b: 1 }])
      expect(onError).toHaveBeenCalledWith(
        expect.objectContaining({ message: expect.stringContaining('correct records.prices') }),
        { event: 'sse.records:prices' },
      )
      source().send('sse.removed', json({ channel: 'prices', record: 'b' }), 'e-3')
      frame()
      expect(store.state['prices']).toMatchObject({ all: { a: 2 } })
      source().send('sse.end', json({ channel: 'prices', reason: 'closed' }), 'e-4')
      frame()
      expect(store.state['prices']).toMatchObject({ all: {}, isOver: 'closed' })
      expect(store.state.sse).toMatchObject({ received: 0, history: [] })
      expect(warn).not.toHaveBeenCalled()
    })
  })

  describe('errors of the app', () => {
    it('are reported, later events arrive, and the state stays true', async () => {
      const { source, store, onError } = opened({
        events: {
          mutation: 'notes/fail',
          action: { dispatch: 'notes/fail' },
          rejection: { dispatch: 'notes/reject' },
          handler: () => {
            throw new Error('from the handler')
          },
          note: 'notes/add',
        },
      })
      vi.spyOn(console, 'error').mockReturnValue()
      for (const name of ['mutation', 'action', 'rejection', 'handler', 'note']) source().send(name, '1', '2')
      frame()
      await settled()
      expect(store.state.notes.list).toEqual([1])
      expect(store.state.sse).toMatchObject({ status: 'open', received: 5, lastEventId: '2' })
      const reported = onError.mock.calls.map(([error, { event }]) => [event, (error as Error).message])
      expect(Object.fromEntries(reported)).toEqual({
        mutation: 'from the mutation',
        action: 'thrown by the action',
        rejection: 'from the action',
        handler: 'from the handler',
      })
      source().lose()
      expect(store.state.sse.status).toBe('waiting')
    })

    it('are those of subscribers of the store too: what was committed counts once', () => {
      const { source, store, onError } = opened({ events: { note: 'notes/add' } })
      const off = store.subscribe(({ type }) => {
        if (type !== 'sse/state') throw new Error(`from a subscriber of ${type}`)
      })
      source().send('note', '1', '2')
      frame()
      off()
      source().send('note', '2', '3')
      frame()
      expect(store.state.notes.list).toEqual([1, 2])
      expect(store.state.sse).toMatchObject({ received: 2, lastEventId: '3' })
      expect(onError.mock.calls).toEqual([
        [new Error('from a subscriber of notes/add'), { event: 'note' }],
        [new Error('from a subscriber of sse/progress'), { event: 'sse/progress' }],
      ])
    })

    it('of onError itself go to the console, and stop nothing', () => {
      const complain = vi.spyOn(console, 'error').mockReturnValue()
      const onError = () => {
        throw new Error('from onError')
      }
      const { source, store } = opened({ events: { bad: 'notes/fail', note: 'notes/add' }, onError })
      source().send('bad', '')
      source().send('note', '1')
      frame()
      expect(store.state.notes.list).toEqual([1])
      expect(complain).toHaveBeenCalledWith(new Error('from the mutation'), new Error('from onError'))
    })

    describe.each(['development', 'production'])('that a name is not in the store, in %s', (environment) => {
      const many = { commit: 'notes/addMay', batch: true } as const
      const mistakes: Record<string, SseOptions<Record<string, unknown>>['events']> = {
        'a mutation': { note: 'notes/ad' },
        'a mutation of batches': { note: many },
        'an action': { note: { dispatch: 'notes/ad' } },
        'an action of batches': { note: { dispatch: 'notes/addMay', batch: true } },
      }

      beforeEach(() => {
        vi.stubEnv('NODE_ENV', environment)
        vi.spyOn(console, 'error').mockReturnValue()
      })

      it.each(Object.entries(mistakes))('are reported of %s, and its events are not counted', (_, events) => {
        const { source, store, onError } = opened({ events, keep: 10 })
        source().send('note', '1', '2')
        source().send('note', '2', '3')
        frame()
        expect(onError).toHaveBeenCalledWith(
          expect.objectContaining({
            ...{ name: 'SseError', code: 'invalid-option' },
            message: expect.stringContaining('events.note'),
            value: expect.stringMatching(/^notes\/(ad|addMay)$/),
          }),
          { event: 'note' },
        )
        expect(store.state.sse).toMatchObject({ received: 0, lastEventId: '3', history: [] })
      })

      it('go to the console by default, and stop nothing', () => {
        const called = vi.fn()
        const events = { note: ['notes/ad', many, called, 'notes/add'] }
        const { source, store } = opened({ events, onError: undefined })
        source().send('note', '1', '2')
        frame()
        expect(console.error).toHaveBeenCalledWith(expect.objectContaining({ value: 'notes/ad' }))
        expect(console.error).toHaveBeenCalledWith(expect.objectContaining({ value: 'notes/addMay' }))
        expect(called).toHaveBeenCalledOnce()
        expect(store.state.notes.list).toEqual([1])
        expect(store.state.sse.received).toBe(1)
      })

      it('are over when the module is registered', () => {
        const { source, store, onError } = opened({
          events: { note: ['late/add', { dispatch: 'late/add' }] },
        })
        store.registerModule('late', createNotes())
        source().send('note', '1')
        frame()
        expect(onError).not.toHaveBeenCalled()
        expect(store.state['late']).toEqual({ list: [1, 1] })
      })
    })

    it('go to the console by default', () => {
      const complain = vi.spyOn(console, 'error').mockReturnValue()
      const { source } = opened({ events: { note: 'notes/fail' }, onError: undefined })
      source().send('note', '1')
      frame()
      expect(complain).toHaveBeenCalledWith(new Error('from the mutation'))
    })
  })

  describe('resync', () => {
    /** A load that the test settles. */
    function createLoad() {
      const waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
      const load = vi.fn(() => new Promise<void>((resolve, reject) => waiting.push({ resolve, reject })))
      return { load, next: () => waiting.shift()! }
    }

    it('loads at a fresh opening, and the store is stale until it has', async () => {
      const { load, next } = createLoad()
      const { store } = opened({ resync: load })
      expect(store.state.sse.stale).toBe(true)
      await settled()
      expect(load).toHaveBeenCalledExactlyOnceWith({ reason: 'open' })
      expect(store.state.sse.stale).toBe(true)
      next().resolve()
      await settled()
      expect(store.state.sse.stale).toBe(false)
    })

    it('dispatches an action of the app', async () => {
      const { store } = opened({ resync: { dispatch: 'notes/add' } })
      await settled()
      expect(store.state.notes.list).toEqual([{ reason: 'open' }])
      expect(store.state.sse.stale).toBe(false)
    })

    it('does not load when the server resumed', async () => {
      const { load } = createLoad()
      const { store, open } = setUp({ resync: load })
      store.dispatch('sse/connect', { lastEventId: '1' })
      open(true)
      vi.advanceTimersByTime(60_000)
      await settled()
      expect(load).not.toHaveBeenCalled()
      expect(store.state.sse.stale).toBe(false)
    })

    it('loads once for an opening and the gap behind it', async () => {
      const { load } = createLoad()
      const { store, source, open } = setUp({ resync: load })
      store.dispatch('sse/connect', { lastEventId: '1' })
      open(false)
      source().send('sse.gap', '{"reason":"trimmed","requested":"1"}', '9')
      await settled()
      expect(load).toHaveBeenCalledExactlyOnceWith({ reason: 'gap' })
      expect(store.state.sse).toMatchObject({ gaps: 1, lastEventId: '9', stale: true })
    })

    it('loads again for a gap that came while it was loading', async () => {
      const { load, next } = createLoad()
      const { store, source } = opened({ resync: load })
      await settled()
      source().send('sse.gap', '{}', '9')
      next().resolve()
      await settled()
      expect(load).toHaveBeenCalledTimes(2)
      expect(store.state.sse.stale).toBe(true)
      next().resolve()
      await settled()
      expect(store.state.sse.stale).toBe(false)
    })

    it('that fails is reported, leaves the store stale, and is tried again at the next opening', async () => {
      const { load, next } = createLoad()
      const { store, open, onError } = opened({ resync: load })
      await settled()
      next().reject(new Error('offline'))
      await settled()
      expect(onError).toHaveBeenCalledWith(new Error('offline'), { event: 'sse.open' })
      expect(store.state.sse.stale).toBe(true)
      store.dispatch('sse/reconnect')
      open(true)
      await settled()
      next().resolve()
      await settled()
      expect(store.state.sse.stale).toBe(false)
    })

    it('that fails is tried again with backoff, until it succeeds', async () => {
      const { load, next } = createLoad()
      const { store, onError } = opened({ resync: load })
      await settled()
      for (const longest of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
        next().reject(new Error('offline'))
        await settled()
        const calls = load.mock.calls.length
        vi.advanceTimersByTime(longest / 2 - 1)
        expect(load).toHaveBeenCalledTimes(calls)
        vi.advanceTimersByTime(longest / 2 + 1)
        await settled()
        expect(load).toHaveBeenCalledTimes(calls + 1)
        expect(store.state.sse.stale).toBe(true)
      }
      next().resolve()
      await settled()
      expect(store.state.sse.stale).toBe(false)
      expect(onError).toHaveBeenCalledTimes(7)
      vi.advanceTimersByTime(60_000)
      await settled()
      expect(load).toHaveBeenCalledTimes(8)
    })

    it.each(['development', 'production'])(
      'that names no action is reported in %s, leaves the store stale, and works once the action is there',
      async (environment) => {
        vi.stubEnv('NODE_ENV', environment)
        vi.spyOn(console, 'error').mockReturnValue()
        const { store, onError } = opened({ resync: { dispatch: 'late/add' } })
        await settled()
        expect(onError).toHaveBeenCalledExactlyOnceWith(
          expect.objectContaining({
            name: 'SseError',
            value: 'late/add',
            message: expect.stringContaining('resync'),
          }),
          { event: 'sse.open' },
        )
        expect(store.state.sse.stale).toBe(true)
        store.registerModule('late', createNotes())
        vi.advanceTimersByTime(1000)
        await settled()
        expect(store.state['late']).toEqual({ list: [{ reason: 'open' }] })
        expect(store.state.sse.stale).toBe(false)
      },
    )

    describe('at the first opening of a store, when the stream resumes', () => {
      const storage = () => ({ getItem: () => '7', setItem() {} })

      it('loads, for a cursor that outlived the page proves nothing about an empty one', async () => {
        const { load, next } = createLoad()
        const { store, source, sources, open } = setUp({ resync: load, persist: storage() })
        store.dispatch('sse/connect')
        expect(source().url.searchParams.get('lastEventId')).toBe('7')
        open(true, '7')
        await settled()
        expect(load).toHaveBeenCalledExactlyOnceWith({ reason: 'open' })
        expect(store.state.sse.stale).toBe(true)
        next().resolve()
        await settled()
        store.dispatch('sse/reconnect')
        expect(sources).toHaveLength(2)
        open(true, '7')
        await settled()
        expect(load).toHaveBeenCalledOnce()
        expect(store.state.sse.stale).toBe(false)
      })

      it('loads when a position comes too late: the store is connected already', async () => {
        const { load } = createLoad()
        const { store, open } = setUp({ resync: load, persist: storage() })
        store.dispatch('sse/connect')
        store.dispatch('sse/connect', { lastEventId: '41' })
        open(true, '7')
        await settled()
        expect(load).toHaveBeenCalledOnce()
      })

      it.each<[string, Partial<SseOptions<Record<string, unknown>>>, (store: TestStore) => void]>([
        ['in the options', { lastEventId: '41' }, () => {}],
        ['to connect', {}, (store) => store.dispatch('sse/connect', { lastEventId: '41' })],
        [
          'with a rendered page',
          {},
          (store) => store.replaceState({ ...store.state, sse: { ...store.state.sse, lastEventId: '41' } }),
        ],
      ])('does not load when the app gave the position %s', async (_, options, give) => {
        const { load } = createLoad()
        const { store, source, open } = setUp({ resync: load, persist: storage(), ...options })
        give(store)
        store.dispatch('sse/connect')
        expect(source().url.searchParams.get('lastEventId')).toBe('41')
        open(true, '41')
        await settled()
        expect(load).not.toHaveBeenCalled()
        expect(store.state.sse.stale).toBe(false)
      })
    })

    it('of an earlier life decides nothing: one that hangs holds nothing up, one that comes late clears nothing', async () => {
      const { load, next } = createLoad()
      const { store, open } = opened({ resync: load })
      await settled()
      const early = next()
      store.dispatch('sse/disconnect')
      store.dispatch('sse/connect')
      open(true)
      await settled()
      expect(load).toHaveBeenCalledTimes(2)
      early.resolve()
      await settled()
      expect(store.state.sse.stale).toBe(true)
      next().resolve()
      await settled()
      expect(store.state.sse.stale).toBe(false)
    })

    it('that has failed is not tried again after a disconnect', async () => {
      const { load, next } = createLoad()
      const { store } = opened({ resync: load })
      await settled()
      next().reject(new Error('offline'))
      await settled()
      store.dispatch('sse/disconnect')
      vi.advanceTimersByTime(60_000)
      await settled()
      expect(load).toHaveBeenCalledOnce()
      expect(store.state.sse.stale).toBe(true)
    })

    it('takes a stream that never says sse.open for a fresh one', async () => {
      const { load } = createLoad()
      const { store, source } = setUp({ resync: load })
      store.dispatch('sse/connect')
      source().open()
      await settled()
      expect(load).not.toHaveBeenCalled()
      vi.advanceTimersByTime(1000)
      await settled()
      expect(load).toHaveBeenCalledOnce()
    })

    describe('without it', () => {
      it('development is warned once, and the store is never called stale', () => {
        const warn = vi.spyOn(console, 'warn').mockReturnValue()
        const { store, source } = opened({ resync: undefined })
        source().send('sse.gap', '{}', '9')
        expect(store.state.sse).toMatchObject({ gaps: 1, stale: false })
        expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('`resync: false`'))
      })

      it('nobody is warned when nothing can have been missed', () => {
        const warn = vi.spyOn(console, 'warn').mockReturnValue()
        const { store, open } = setUp({ resync: undefined })
        store.dispatch('sse/connect', { lastEventId: '1' })
        open(true)
        vi.advanceTimersByTime(60_000)
        expect(warn).not.toHaveBeenCalled()
      })

      it.each([
        ['in production', undefined, 'production'],
        ['where the app says that nothing has to be loaded', false, 'development'],
      ] as const)('nobody is warned %s', (_, resync, environment) => {
        vi.stubEnv('NODE_ENV', environment)
        const warn = vi.spyOn(console, 'warn').mockReturnValue()
        const { store, source } = opened({ resync })
        source().send('sse.gap', '{}', '9')
        expect(store.state.sse).toMatchObject({ gaps: 1, stale: false })
        expect(warn).not.toHaveBeenCalled()
        vi.unstubAllEnvs()
      })
    })
  })

  describe('components', () => {
    it('show the state by useSse, as it changes', async () => {
      const { store, plugin, source } = setUp()
      const component = {
        setup() {
          const sse = useSse()
          return () => h('p', `${sse.status} ${sse.received}`)
        },
      }
      const page = mount(component, store, plugin)
      expect(page.text()).toBe('idle 0')
      store.dispatch('sse/connect')
      source().open()
      await nextTick()
      expect(page.text()).toBe('open 0')
      page.unmount()
    })

    it('are told, once, of a stream that no store has', () => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue()
      const { store, plugin } = setUp({}, { plugins: [] })
      for (let count = 0; count < 2; count++) mount({ render: () => h('p', '') }, store, plugin).unmount()
      expect(warn.mock.calls).toEqual([
        [
          expect.stringContaining(
            "The app has the stream 'sse', but no store has it: createStore({ plugins:",
          ),
        ],
      ])
      const other = setUp()
      mount({ render: () => h('p', '') }, other.store, other.plugin).unmount()
      expect(warn).toHaveBeenCalledOnce()
    })

    it('refuse what is not a handler, or not a namespace', () => {
      const { store } = setUp()
      const listen = useSseEvent as (...given: unknown[]) => void
      expect(() => listen('note')).toThrow(
        "useSseEvent: the handler of 'note' cannot be undefined. Write useSseEvent(",
      )
      expect(() => useSse({} as never)).toThrow(
        'useSse and useSseEvent of a store take the `namespace` of a stream, not an object',
      )
      let faults: unknown[] = []
      const component = {
        setup() {
          const on = useSse().on as (...given: unknown[]) => void
          try {
            on('note')
          } catch (error) {
            faults = [String(error)]
          }
          return () => h('p', '')
        },
      }
      mount(component, store, setUp().plugin).unmount()
      expect(faults).toEqual([expect.stringContaining("on: the handler of 'note' cannot be undefined.")])
    })

    it('show the state by $sse, also after replaceState', async () => {
      const { store, plugin } = setUp()
      const component = {
        render(this: { $sse: Sse }) {
          return h('p', `${this.$sse.status} ${this.$sse.lastEventId}`)
        },
      }
      const page = mount(component, store, plugin)
      store.replaceState({ ...store.state, sse: { ...store.state.sse, lastEventId: '5' } })
      await nextTick()
      expect(page.text()).toBe('idle 5')
      page.unmount()
    })

    it('connect and disconnect by what useSse gives', () => {
      const { store, plugin, sources } = setUp()
      let sse: Sse | undefined
      const component = {
        setup() {
          sse = useSse()
          return () => h('p', '')
        },
      }
      const page = mount(component, store, plugin)
      sse?.connect({ lastEventId: '3' })
      expect(sources[0]?.url.searchParams.get('lastEventId')).toBe('3')
      sse?.disconnect()
      expect(store.state.sse.status).toBe('closed')
      page.unmount()
    })

    it('hear events by useSseEvent, after the store has got them, until they are gone', () => {
      const { store, plugin, source } = opened({ events: { note: 'notes/add' } })
      const heard: unknown[] = []
      const component = {
        setup() {
          useSseEvent('note', (data, { id }) => heard.push([data, id, store.state.notes.list.length]))
          useSseEvent('other', (data) => heard.push(data))
          return () => h('p', '')
        },
      }
      const page = mount(component, store, plugin)
      source().send('note', '1', '2')
      source().send('other', '2', '3')
      frame()
      expect(heard).toEqual([[1, '2', 1], 2])
      expect(store.state.sse.received).toBe(2)
      source().send('note', '3', '4')
      page.unmount()
      frame()
      source().send('note', '4', '5')
      frame()
      expect(heard).toHaveLength(2)
    })

    it('hear events for as long as their effect scope lasts', () => {
      const { store, plugin, source } = opened()
      const heard: unknown[] = []
      const scope = effectScope()
      const component = {
        setup() {
          scope.run(() => useSseEvent('note', (data) => heard.push(data)))
          return () => h('p', '')
        },
      }
      const page = mount(component, store, plugin)
      source().send('note', '1')
      frame()
      scope.stop()
      source().send('note', '2')
      frame()
      expect(heard).toEqual([1])
      page.unmount()
    })

    it('find a stream of another name by that name', () => {
      const { EventSource, sources } = scriptEventSource()
      const prices = createSse({ url: URL, namespace: 'prices', EventSource, resync: false })
      const store = createStore({ strict: true, plugins: [prices] })
      const heard: unknown[] = []
      const component = {
        setup() {
          useSseEvent('price', (data) => heard.push(data), 'prices')
          const { connect } = useSse('prices')
          connect()
          return {}
        },
        render(this: { $prices: Sse }) {
          return h('p', this.$prices.status)
        },
      }
      const page = mount(component, store, prices)
      expect(page.text()).toBe('connecting')
      sources[0]?.open()
      sources[0]?.send('price', '1')
      frame()
      expect(heard).toEqual([1])
      page.unmount()
    })

    it('take the connection along with the last app that shows the store', () => {
      const { store, plugin, source } = setUp()
      const component = { render: () => h('p', '') }
      const [first, second] = [mount(component, store, plugin), mount(component, store, plugin)]
      store.dispatch('sse/connect')
      source().open()
      first.unmount()
      expect(store.state.sse.status).toBe('open')
      second.unmount()
      expect(store.state.sse).toMatchObject({ status: 'closed', reason: 'closed' })
      expect(source().readyState).toBe(2)
    })

    it('may have a double of $sse', () => {
      const { store, plugin } = setUp()
      const component = {
        beforeCreate(this: { $sse: unknown }) {
          this.$sse = { status: 'a double' }
        },
        render(this: { $sse: Sse }) {
          return h('p', this.$sse.status)
        },
      }
      const page = mount(component, store, plugin)
      expect(page.text()).toBe('a double')
      page.unmount()
    })

    it('are told that useSse comes too late: outside of setup, or after an await in it', async () => {
      const { store, plugin } = setUp()
      let late: Promise<unknown> | undefined
      const component = {
        setup() {
          late = Promise.resolve().then(() => useSse())
          return () => h('p', '')
        },
      }
      const page = mount(component, store, plugin)
      const said = expect.objectContaining({
        code: 'invalid-use',
        message: expect.stringContaining('`await`'),
      })
      await expect(late).rejects.toThrow(said)
      expect(() => useSseEvent('note', () => {})).toThrow(said)
      page.unmount()
    })

    it('of a store without the stream are told what is missing', () => {
      const { plugin } = setUp()
      let fault: unknown
      const component = {
        setup() {
          try {
            useSse()
          } catch (error) {
            fault = error
          }
          return () => h('p', '')
        },
      }
      mount(component, createStore({}), plugin).unmount()
      expect(fault).toMatchObject({
        code: 'invalid-use',
        message: expect.stringContaining("No stream 'sse'"),
      })
    })
  })
}

/** Lets promises that are settled run on. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await null
}
