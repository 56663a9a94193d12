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
  h(tag: string, text: string): unknown
  nextTick(): Promise<void>
}

export interface TestStore extends StoreLike {
  readonly state: { sse: SseModuleState; notes: Notes; [module: string]: unknown }
  replaceState(state: object): void
  subscribe(listener: (mutation: { type: string; payload: unknown }) => void): () => void
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
      reject: () => Promise.reject(new Error('from the action')),
      fail() {
        throw new Error('thrown by the action')
      },
    },
  }
}

/** One suite for both pairs. */
export function describePair({ createStore, mount, h, nextTick }: Pair): void {
  let frames: (() => void)[] = []
  const frame = () => {
    for (const run of frames.splice(0)) run()
  }

  beforeEach(() => {
    frames = []
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run))
    vi.stubGlobal('cancelAnimationFrame', (handle: number) => frames.splice(handle - 1, 1, () => {}))
  })

  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  function setUp(options: Partial<SseOptions<Record<string, unknown>>> = {}, more: object = {}) {
    const { EventSource, sources } = scriptEventSource()
    const onError = vi.fn()
    const plugin = createSse({ url: URL, EventSource, onError, ...options })
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
        ...{ openedAt: null, received: 0, gaps: 0, channels: [], stale: false },
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

    it('asks for channels, and shows those the server confirmed', () => {
      const { store, source } = opened({ channels: ['a'] })
      store.dispatch('sse/disconnect')
      store.dispatch('sse/subscribe', ['b', 'c'])
      store.dispatch('sse/unsubscribe', 'a')
      store.dispatch('sse/connect')
      expect(source().url.searchParams.get('channels')).toBe('b,c')
      source().open()
      source().send('sse.channels', '{"channels":["b"],"refused":["c"]}', '1')
      expect(store.state.sse.channels).toEqual(['b'])
    })

    it('refuses the name of a module of the app', () => {
      expect(() => setUp({ namespace: 'notes' })).toThrow("has a module named 'notes'")
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
      const names = ['sse/state', 'state', 'notes/clear', 'notes/add', '__proto__', 'constructor', 'toString']
      for (const name of names) source().send(name, '{"status":"closed"}', '2')
      for (const name of ['sse.state', 'sse.invalid']) source().send(name, '{"status":"closed"}', '2')
      frame()
      expect(commits).toEqual([])
      expect(store.state.sse).toMatchObject({ status: 'open', received: 0 })
    })

    it('come with the next frame, in order, and in one commit where batches are asked for', () => {
      const { source, store, commits } = opened({
        events: { note: { commit: 'notes/addMany', batch: true } },
      })
      commits.length = 0
      const numbers = Array.from({ length: 10_000 }, (_, i) => i)
      for (const number of numbers) source().send('note', `${number}`, `${number}`)
      expect(commits).toEqual([])
      frame()
      expect(store.state.notes.list).toEqual(numbers)
      expect(commits).toEqual(['notes/addMany', 'sse/progress'])
      expect(store.state.sse).toMatchObject({ received: 10_000, lastEventId: '9999' })
    })

    it('for single commits never overtake a batch', () => {
      const many = { commit: 'notes/addMany', batch: true }
      const { source, store, commits } = opened({ events: { a: many, b: many, c: 'notes/add' } })
      commits.length = 0
      for (const name of ['a', 'b', 'c', 'b', 'a']) source().send(name, name)
      frame()
      expect(store.state.notes.list).toEqual(['a', 'b', 'c', 'b', 'a'])
      expect(commits).toEqual(['notes/addMany', 'notes/add', 'notes/addMany', 'sse/progress'])
    })

    it('come at once where frames are not wanted', () => {
      const { source, store } = opened({ events: { note: 'notes/add' }, batch: false })
      source().send('note', '1')
      expect([store.state.notes.list, frames]).toEqual([[1], []])
    })

    it('come by a timer while the page is hidden', () => {
      vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
      const { source, store } = opened({ events: { note: 'notes/add' } })
      source().send('note', '1')
      expect(frames).toEqual([])
      vi.runOnlyPendingTimers()
      expect(store.state.notes.list).toEqual([1])
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

    it('may be frozen', () => {
      const { source, store } = opened({ events: { note: 'notes/add' }, freeze: true })
      source().send('note', '{"read":false}')
      frame()
      expect(Object.isFrozen(store.state.notes.list[0])).toBe(true)
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

    it('without it the store is never called stale', () => {
      const { store, source } = opened()
      source().send('sse.gap', '{}', '9')
      expect(store.state.sse).toMatchObject({ gaps: 1, stale: false })
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

    it('outside of setup are told what is missing', () => {
      expect(() => useSse()).toThrow("No stream named 'sse'")
    })
  })
}

/** Lets promises that are settled run on. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await null
}
