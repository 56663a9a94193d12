import { scriptEventSource } from '@sse/client/testing'
import { createSse as createVuexSse } from '@sse/vuex'
import type { createPinia, defineStore, Pinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, h, nextTick } from 'vue'
import { createStore } from 'vuex'
import {
  createSse,
  type SharedSseOptions,
  type SseOptions,
  type SsePresence,
  type SseStoreRecords,
  useSse,
  useSseEvent,
} from '../src/index.ts'

/** A Pinia, as the suite uses it. */
export interface PiniaKit {
  readonly createPinia: typeof createPinia
  readonly defineStore: typeof defineStore
  readonly acceptHMRUpdate: (useStore: never, hot: object) => (module: object) => unknown
}

type Any = Record<string, unknown>
type Options = Partial<SseOptions<Any>>

interface Note {
  readonly id: number
}

const URL = 'http://events.example/events'

/** Lets promises that are settled run on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await null
}

/** One suite for several versions of Pinia. */
export function describePinia({ createPinia, defineStore, acceptHMRUpdate }: PiniaKit): void {
  const ends: (() => void)[] = []

  beforeEach(() => {
    // No time passes in a frame unless a test says so.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  })

  afterEach(() => {
    for (const end of ends.splice(0)) end()
    vi.useRealTimers()
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })

  /** A stream that delivers at once, in a Pinia of an app that is mounted. */
  function setUp(options: Options = {}, pinia: Pinia = createPinia()) {
    const { EventSource, sources } = scriptEventSource()
    const onError = vi.fn()
    const sse = createSse<Any>({ url: URL, EventSource, batch: false, onError, ...options })
    const app = createApp({ render: () => h('p', '') })
    app.use(pinia.use(sse)).use(sse)
    /** Mounts the app, which connects. */
    function mount(): void {
      app.mount(document.createElement('main'))
      ends.push(() => app.unmount())
    }
    const source = () => sources.at(-1)!
    /** Opens the stream, as a server of ours does. */
    const open = (id = 'e-0', resumed: boolean | null = null) => {
      source().open()
      source().send('sse.open', JSON.stringify({ stream: 's', heartbeat: 15_000, resumed }), id)
    }
    const send = (event: string, data: unknown, id = '') => source().send(event, JSON.stringify(data), id)
    return { sse, pinia, app, mount, sources, source, open, send, onError }
  }

  /** A load that the test answers. */
  function scriptLoad() {
    const loads: (PromiseWithResolvers<string | undefined> & { reason: string })[] = []
    const load = vi.fn(({ reason }: { reason: string }) => {
      const one = { ...Promise.withResolvers<string | undefined>(), reason }
      loads.push(one)
      return one.promise
    })
    return { load, loads }
  }

  const defineNotes = (id = 'notes', load: (cause: { reason: string }) => unknown = () => {}) =>
    defineStore(id, {
      state: () => ({ list: [] as number[] }),
      actions: {
        add({ id }: Note) {
          this.list.push(id)
        },
        addMany(notes: Note[]) {
          this.list.push(...notes.map(({ id }) => id))
        },
        fail() {
          throw new Error('from the action')
        },
        load,
      },
      sse: { events: { note: 'add', notes: { action: 'addMany', batch: true }, bad: 'fail' } },
    })

  /** A store that loads. */
  function defineLoaded(id = 'loaded') {
    const { load, loads } = scriptLoad()
    const useStore = defineStore(id, {
      state: () => ({ list: [] as number[] }),
      actions: {
        add({ id }: Note) {
          this.list.push(id)
        },
        async load(cause: { reason: string }) {
          const position = await load(cause)
          this.list = [0]
          return position
        },
      },
      sse: { events: { note: 'add' }, resync: 'load' },
    })
    return { useStore, load, loads }
  }

  describe('a store', () => {
    it('receives the events that it maps, in order, and nothing else', () => {
      const { pinia, mount, open, send, sse } = setUp()
      const store = defineNotes()(pinia)
      mount()
      open()
      send('note', { id: 1 }, 'e-1')
      send('notes', { id: 2 }, 'e-2')
      send('note', { id: 3 }, 'e-3')
      send('load', {}, 'e-4')
      send('$dispose', {}, 'e-5')
      expect(store.list).toEqual([1, 2, 3])
      expect([sse.status, sse.received, sse.stale]).toEqual(['open', 3, false])
    })

    it('of the setup syntax receives them by the third argument', () => {
      const { pinia, mount, open, send } = setUp()
      const heard: unknown[] = []
      const add = (note: Note) => void heard.push(note)
      const useStore = defineStore('setup', () => ({ add }), { sse: { events: { note: 'add' } } })
      useStore(pinia)
      mount()
      open()
      send('note', { id: 1 })
      expect(heard).toEqual([{ id: 1 }])
    })

    it('shares the connection with the other stores, components and handlers', () => {
      const { pinia, mount, open, send, sources, sse } = setUp()
      const [a, b] = [defineNotes('a')(pinia), defineNotes('b')(pinia)]
      const heard: unknown[] = []
      sse.on('note', (note) => heard.push(note))
      mount()
      open()
      send('note', { id: 1 }, 'e-1')
      expect([a.list, b.list, heard]).toEqual([[1], [1], [{ id: 1 }]])
      expect(sources).toHaveLength(1)
      expect(sse.received).toBe(1)
    })

    it('created late gets what comes from then on', () => {
      const { pinia, mount, open, send } = setUp()
      mount()
      open()
      send('note', { id: 1 }, 'e-1')
      const store = defineNotes()(pinia)
      send('note', { id: 2 }, 'e-2')
      expect(store.list).toEqual([2])
    })

    it('receives batches, in order, once per frame', () => {
      const frames: (() => void)[] = []
      vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run))
      vi.stubGlobal('cancelAnimationFrame', () => {})
      const { pinia, mount, open, send } = setUp({ batch: true })
      const store = defineNotes()(pinia)
      const calls: string[] = []
      store.$onAction(({ name }) => calls.push(name))
      mount()
      open()
      for (const id of [1, 2, 3]) send('notes', { id }, `e-${id}`)
      send('note', { id: 4 }, 'e-4')
      send('notes', { id: 5 }, 'e-5')
      expect(store.list).toEqual([])
      for (const run of frames.splice(0)) run()
      expect(store.list).toEqual([1, 2, 3, 4, 5])
      expect(calls).toEqual(['addMany', 'add', 'addMany'])
      vi.unstubAllGlobals()
    })

    it('that throws is reported, and later events still arrive', () => {
      const { pinia, mount, open, send, onError } = setUp()
      const store = defineNotes()(pinia)
      mount()
      open()
      send('bad', {}, 'e-1')
      send('note', { id: 2 }, 'e-2')
      expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('from the action'), { event: 'bad' })
      expect(store.list).toEqual([2])
    })

    it('receives nothing after $dispose, also of what waits, and everything when it is created again', async () => {
      const { useStore, loads } = defineLoaded()
      const { pinia, mount, open, send, sse } = setUp()
      const store = useStore(pinia)
      mount()
      open()
      send('note', { id: 1 }, 'e-1')
      await settled()
      expect([loads.length, sse.stale]).toEqual([1, true])
      store.$dispose()
      expect(sse.stale).toBe(false)
      loads[0]!.resolve('e-1')
      await settled()
      send('note', { id: 2 }, 'e-2')
      expect(store.list).toEqual([0])

      const again = useStore(pinia)
      send('note', { id: 3 }, 'e-3')
      await settled()
      loads[1]!.resolve('e-2')
      await settled()
      expect(again.list).toEqual([0, 3])
      expect(sse.stale).toBe(false)
    })

    it('is left alone if it has no option `sse`, or takes nothing', () => {
      const { pinia, mount, open, send, onError } = setUp()
      const store = defineStore('plain', { state: () => ({ a: 1 }), sse: {} })(pinia)
      defineStore('plainer', { state: () => ({ a: 1 }) })(pinia)
      mount()
      open()
      send('note', {})
      expect([store.$state, onError.mock.calls]).toEqual([{ a: 1 }, []])
    })
  })

  describe('records and members', () => {
    it('reach the actions as plain data, whatever the store is loading', async () => {
      const { load } = scriptLoad()
      const usePrices = defineStore('prices', {
        state: () => ({ all: {} as Record<string, number>, members: [] as unknown[] }),
        actions: {
          replace({ records }: SseStoreRecords<number>) {
            this.all = records as Record<string, number>
          },
          setMembers({ members = [] }: SsePresence<string>) {
            this.members = members.map(({ info }) => info)
          },
          load,
        },
        sse: { records: { prices: 'replace' }, presence: { room: { action: 'setMembers' } }, resync: 'load' },
      })
      const { pinia, mount, sources, open, send } = setUp({ channels: ['prices', 'room'] })
      const store = usePrices(pinia)
      mount()
      await vi.waitFor(() => expect(sources).toHaveLength(1))
      open('')
      send('sse.records', { channels: ['prices'] })
      send('sse.record', { channels: ['prices'], record: 'a' })
      send('message', 1)
      send('sse.records', { channels: ['prices'], done: true }, 'e-1')
      send('sse.presence', { channel: 'room', members: [{ id: 'm', info: 'Mina', streams: 1 }] }, 'e-1')
      await settled()
      expect(load).toHaveBeenCalledOnce()
      expect(store.$state).toEqual({ all: { a: 1 }, members: ['Mina'] })
      send('sse.removed', { channel: 'prices', record: 'a' }, 'e-2')
      expect(store.all).toEqual({})
      store.$dispose()
      send('sse.presence', { channel: 'room', members: [] }, 'e-2')
      expect(store.members).toEqual(['Mina'])
    })

    it('that name no action are reported', () => {
      const useStore = defineStore('wrong', {
        state: () => ({}),
        sse: { records: { prices: 'nowhere' as never } },
      })
      const { pinia, onError } = setUp()
      useStore(pinia)
      expect(onError).toHaveBeenCalledWith(
        expect.objectContaining({ message: expect.stringContaining('correct sse.records.prices') }),
        { event: 'sse.records:prices' },
      )
    })
  })

  describe('resync', () => {
    it('loads first, and holds back the events of this store only', async () => {
      const { pinia, mount, open, send, sse } = setUp()
      const [first, second] = [defineLoaded('first'), defineLoaded('second')]
      const [a, b, c] = [first.useStore(pinia), second.useStore(pinia), defineNotes()(pinia)]
      mount()
      open()
      send('note', { id: 1 }, 'e-1')
      send('note', { id: 2 }, 'e-2')
      await settled()
      expect(first.loads.map(({ reason }) => reason)).toEqual(['open'])
      expect([a.list, b.list, c.list, sse.stale]).toEqual([[], [], [1, 2], true])
      first.loads[0]!.resolve('e-1')
      await settled()
      expect([a.list, b.list, sse.stale]).toEqual([[0, 2], [], true])
      second.loads[0]!.resolve(undefined)
      await settled()
      expect([a.list, b.list, sse.stale]).toEqual([[0, 2], [0, 1, 2], false])
    })

    it('of a store that is created late begins at once, once, with its events held', async () => {
      const { pinia, mount, open, send, sse } = setUp()
      const { useStore, loads, load } = defineLoaded()
      mount()
      open()
      send('note', { id: 1 }, 'e-1')
      const store = useStore(pinia)
      send('note', { id: 2 }, 'e-2')
      await settled()
      expect([store.list, sse.stale]).toEqual([[], true])
      loads[0]!.resolve('e-1')
      await settled()
      expect([store.list, sse.stale]).toEqual([[0, 2], false])
      await vi.advanceTimersByTimeAsync(5000)
      expect(load).toHaveBeenCalledOnce()
    })

    it('runs again at a gap and at an opening that does not resume, and not at one that does', async () => {
      const { pinia, mount, open, send, source } = setUp()
      const { useStore, loads } = defineLoaded()
      const store = useStore(pinia)
      mount()
      open()
      await settled()
      loads[0]!.resolve('e-0')
      await settled()
      source().lose()
      await vi.advanceTimersByTimeAsync(3000)
      open('e-0', true)
      send('note', { id: 1 }, 'e-1')
      await settled()
      expect([loads.length, store.list]).toEqual([1, [0, 1]])
      send('sse.gap', { reason: 'trimmed' }, 'e-5')
      await settled()
      expect(loads.map(({ reason }) => reason)).toEqual(['open', 'gap'])
      loads[1]!.resolve('e-5')
      await settled()
      source().lose()
      await vi.advanceTimersByTimeAsync(3000)
      open('e-9', false)
      await settled()
      expect(loads).toHaveLength(3)
    })

    it('that fails is reported and tried again, and the store is stale until then', async () => {
      const { pinia, mount, open, send, sse, onError } = setUp()
      const { useStore, loads } = defineLoaded()
      const store = useStore(pinia)
      mount()
      open()
      send('note', { id: 1 }, 'e-1')
      await settled()
      loads[0]!.reject(new Error('503'))
      await settled()
      expect([store.list, sse.stale]).toEqual([[1], true])
      expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('503'), { event: 'sse.open' })
      await vi.advanceTimersByTimeAsync(1000)
      loads[1]!.resolve('e-1')
      await settled()
      expect([store.list, sse.stale]).toEqual([[0], false])
    })

    it('is not needed at first if the app gave the position and the stream resumed there', async () => {
      const { pinia, mount, open, send, source } = setUp({ lastEventId: 'e-7' })
      const { useStore, load } = defineLoaded()
      const store = useStore(pinia)
      mount()
      expect(source().url.searchParams.get('lastEventId')).toBe('e-7')
      open('e-7', true)
      send('note', { id: 8 }, 'e-8')
      await settled()
      expect(load).not.toHaveBeenCalled()
      expect(store.list).toEqual([8])
    })

    it('runs after $reset: at once, at the next opening, or at the first one', async () => {
      const { pinia, mount, open, send, source, sse } = setUp({ lastEventId: 'e-7' })
      const { useStore, loads } = defineLoaded()
      const store = useStore(pinia)
      store.$reset()
      await settled()
      mount()
      open('e-7', true)
      await settled()
      expect(loads).toHaveLength(1)
      loads[0]!.resolve('e-7')
      await settled()
      store.$reset()
      send('note', { id: 8 }, 'e-8')
      await settled()
      expect([loads.length, store.list, sse.stale]).toEqual([2, [8], true])
      loads[1]!.resolve('e-8')
      await settled()
      expect([store.list, sse.stale]).toEqual([[0], false])
      source().lose()
      store.$reset()
      await settled()
      expect([loads.length, sse.stale]).toEqual([2, true])
      await vi.advanceTimersByTimeAsync(3000)
      open('e-8', true)
      await settled()
      expect(loads).toHaveLength(3)
      loads[2]!.resolve('e-8')
      await settled()
      expect(sse.stale).toBe(false)
    })

    it('is waited for by `reached`', async () => {
      const { pinia, mount, open, send, sse } = setUp()
      const { useStore, loads } = defineLoaded()
      const store = useStore(pinia)
      mount()
      open()
      send('note', { id: 1 }, 'e-1')
      let list: number[] | undefined
      void sse.reached('e-1').then(() => {
        list = [...store.list]
      })
      await settled()
      expect(list).toBeUndefined()
      loads[0]!.resolve('e-0')
      await vi.waitFor(() => expect(list).toEqual([0, 1]))
    })
  })

  describe('a mistake', () => {
    it.each(['development', 'production'])(
      'in the name of an action is reported at once, in %s',
      (environment) => {
        vi.stubEnv('NODE_ENV', environment)
        const { pinia, onError } = setUp()
        const actions = { add() {} }
        const sse: object = { events: { note: 'ad', proto: 'toString', reset: '$reset' }, resync: 'lod' }
        defineStore('wrong', { actions, sse })(pinia)
        const told = () => onError.mock.calls.map(([{ message }]) => message)
        expect(told()).toEqual([
          "The store 'wrong' has no action 'ad': correct sse.events.note",
          "The store 'wrong' has no action 'toString': correct sse.events.proto",
          "The store 'wrong' has no action '$reset': correct sse.events.reset",
          "The store 'wrong' has no action 'lod': correct sse.resync",
        ])
      },
    )

    it('in the name of an action is reported again for each event that is lost, which does not count', async () => {
      const { pinia, mount, open, send, onError, sse } = setUp()
      const wrong: object = { events: { note: 'ad' }, resync: 'lod' }
      defineStore('wrong', { actions: { add() {} }, sse: wrong })(pinia)
      mount()
      open()
      await settled()
      send('note', {}, 'e-1')
      expect(onError.mock.calls.map(([{ message }, { event }]) => [event, message])).toEqual([
        ['note', "The store 'wrong' has no action 'ad': correct sse.events.note"],
        ['sse.open', "The store 'wrong' has no action 'lod': correct sse.resync"],
        ['sse.open', "The store 'wrong' has no action 'lod': correct sse.resync"],
        ['note', "The store 'wrong' has no action 'ad': correct sse.events.note"],
      ])
      expect([sse.received, sse.stale]).toEqual([0, true])
    })

    it('of a Pinia without the stream is told at the first event that no store receives', () => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue()
      const { EventSource, sources } = scriptEventSource()
      const pinia = createPinia()
      const app = createApp({ render: () => h('p', '') })
      app.use(pinia).use(createSse<Any>({ url: URL, EventSource, batch: false }))
      app.mount(document.createElement('main'))
      ends.push(() => app.unmount())
      defineNotes()(pinia)
      const [source] = sources
      source!.open()
      for (let time = 0; time < 2; time++) source!.send('message', '{"id":1}', 'e-1')
      expect(warn.mock.calls).toEqual([
        [
          "[@sse/pinia] No store receives the events of the stream 'sse': write createPinia().use(sse) as well as app.use(sse)",
        ],
      ])
    })

    it('in the name of an event is told', () => {
      const warn = vi.spyOn(console, 'warn').mockReturnValue()
      const { pinia, mount, open, send } = setUp()
      defineStore('wrong', { actions: { add() {} }, sse: { events: { mesage: 'add' } } as object })(pinia)
      mount()
      open()
      send('message', {}, 'e-1')
      expect(warn.mock.calls).toEqual([[expect.stringContaining("the page listens for 'mesage'")]])
    })

    it('goes to the console without an `onError`', () => {
      const error = vi.spyOn(console, 'error').mockReturnValue()
      const { pinia } = setUp({ onError: undefined })
      defineStore('wrong', { actions: { add() {} }, sse: { events: { note: 'ad' } } as object })(pinia)
      expect(error).toHaveBeenCalledExactlyOnceWith(
        expect.objectContaining({ message: "The store 'wrong' has no action 'ad': correct sse.events.note" }),
      )
    })

    it.each([
      ['sse.event is not an option. Did you mean sse.events?', { event: {} }],
      ['sse.url is not an option. It belongs to createSse()', { url: URL }],
      ['sse.namespace is not an option. Did you mean sse.stream?', { namespace: 'prices' }],
      ['sse of the store \'wrong\' cannot be "add". Write an object', 'add'],
      ['sse.events cannot be a list. Write an object with an action for each event', { events: [] }],
      ['sse.events.note cannot be a function. Write the name of an action', { events: { note: () => {} } }],
      ['sse.events.note.action cannot be undefined', { events: { note: { batch: true } } }],
      ['sse.events.note.batch cannot be 1. Write', { events: { note: { action: 'add', batch: 1 } } }],
      ["sse.events cannot map 'sse.gap', which the client itself emits", { events: { 'sse.gap': 'add' } }],
      ['sse.resync cannot be a function. Write the name of an action', { resync: () => {} }],
      ['sse.stream cannot be 1. Write the `namespace` of a stream', { stream: 1 }],
    ])('in an option throws in development: %s', (message, sse) => {
      const { pinia } = setUp()
      const useStore = defineStore('wrong', { actions: { add() {} }, sse: sse as object })
      expect(() => useStore(pinia)).toThrow(message)
    })

    it('in the name of a stream is reported once', async () => {
      const { pinia, onError } = setUp()
      pinia.use(createSse({ url: URL, namespace: 'prices' }))
      defineStore('a', { actions: { add() {} }, sse: { stream: 'prices', events: { price: 'add' } } })(pinia)
      defineStore('b', { actions: { add() {} }, sse: { stream: 'price', events: { price: 'add' } } })(pinia)
      await settled()
      expect(onError.mock.calls.map(([{ message }]) => message)).toEqual([
        "The store 'b' takes events of the stream 'price', which its Pinia does not have: pinia.use(createSse({ namespace: 'price', … }))",
      ])
    })

    it.each(['development', 'production'])('two streams of one name throw, in %s', (environment) => {
      vi.stubEnv('NODE_ENV', environment)
      const other = createSse({ url: URL })
      const [first, second] = [setUp(), setUp()]
      first.pinia.use(other)
      second.pinia.use(createSse({ url: URL }))
      for (const { pinia } of [first, second]) expect(() => defineNotes()(pinia)).toThrow("Two streams 'sse'")
    })

    it('what belongs to a store, and a plugin that was not called, are told what to write', () => {
      const create = createSse as (options?: unknown) => unknown
      for (const name of ['events', 'records', 'presence'])
        expect(() => create({ url: URL, [name]: {} })).toThrow(
          `${name} is not an option of createSse(). It belongs to a store: defineStore('notes', { sse: { ${name}: … } })`,
        )
      const { app, pinia } = setUp()
      pinia.use(create as never)
      expect(() => defineNotes()(pinia)).toThrow("Write pinia.use(createSse({ url: '/events' }))")
      expect(() => app.use(create as never)).toThrow("Write app.use(createSse({ url: '/events' }))")
    })

    it('of a plugin that is there twice changes nothing', () => {
      const { pinia, sse, mount, open, send } = setUp()
      pinia.use(sse)
      const store = defineNotes()(pinia)
      mount()
      open()
      send('note', { id: 1 })
      expect(store.list).toEqual([1])
    })
  })

  describe('several', () => {
    it('streams: a store says which it takes from', () => {
      const { pinia, mount, open, send } = setUp()
      const { EventSource, sources } = scriptEventSource()
      const prices = createSse<Any>({ url: `${URL}/prices`, EventSource, namespace: 'prices', batch: false })
      pinia.use(prices)
      const heard: string[] = []
      const actions = { note: () => heard.push('note'), price: () => heard.push('price') }
      const events = { note: 'note', price: 'price' } as const
      defineStore('a', { actions, sse: { events } })(pinia)
      defineStore('b', { actions, sse: { stream: 'prices', events } })(pinia)
      mount()
      prices.connect()
      ends.push(() => prices.disconnect())
      open()
      sources[0]!.open()
      send('note', {})
      sources[0]!.send('price', '1')
      expect(heard).toEqual(['note', 'price'])
    })

    it('apps with a Pinia each share the connection, and a store of each receives the events', () => {
      const { EventSource, sources } = scriptEventSource()
      const sse = createSse<Any>({ url: URL, EventSource, batch: false })
      const useStore = defineNotes()
      const apps = [1, 2].map(() => {
        const pinia = createPinia()
        const app = createApp({ render: () => h('p', '') })
          .use(pinia.use(sse))
          .use(sse)
        app.mount(document.createElement('main'))
        return { app, store: useStore(pinia) }
      })
      sources[0]!.open()
      sources[0]!.send('note', '{"id":1}')
      expect(apps.map(({ store }) => store.list)).toEqual([[1], [1]])
      apps[0]!.app.unmount()
      expect(sse.status).toBe('open')
      apps[1]!.app.unmount()
      expect([sse.status, sources.length]).toEqual(['closed', 1])
    })

    it('packages: a Vuex store and a Pinia store share a connection', () => {
      const { EventSource, sources } = scriptEventSource()
      const vuex = createVuexSse({
        url: URL,
        EventSource,
        resync: false,
        events: { note: 'add' },
        batch: false,
      })
      const add = ({ list }: { list: unknown[] }, note: unknown) => list.push(note)
      const store = createStore({ state: { list: [] as unknown[] }, mutations: { add }, plugins: [vuex] })
      const pinia = createPinia()
      const sse = createSse({ use: vuex, namespace: 'events', batch: false } as SharedSseOptions)
      const app = createApp({ render: () => h('p', '') })
        .use(pinia.use(sse))
        .use(sse)
      app.mount(document.createElement('main'))
      ends.push(() => app.unmount())
      const heard: unknown[] = []
      const actions = { add: (note: unknown) => void heard.push(note) }
      defineStore('notes', { actions, sse: { stream: 'events', events: { note: 'add' } } })(pinia)
      expect(sources).toEqual([])
      vuex.connect()
      sources[0]!.open()
      sources[0]!.send('note', '1')
      expect([store.state, heard]).toMatchObject([{ list: [1] }, [1]])
      expect([sse.status, sources.length]).toEqual(['open', 1])
    })
  })

  describe('components', () => {
    it('have useSse, useSseEvent and the name of the stream, which is that of the object', async () => {
      const { EventSource, sources } = scriptEventSource()
      const sse = createSse<Any>({ url: URL, EventSource, batch: false })
      const pinia = createPinia()
      const heard: unknown[] = []
      const app = createApp({
        setup() {
          const { status, reconnect } = useSse()
          useSseEvent('note', (note) => heard.push(note))
          expect(reconnect).toBe(sse.reconnect)
          return () => h('p', status.value)
        },
      })
      const page = document.createElement('main')
      app.use(pinia.use(sse)).use(sse).mount(page)
      ends.push(() => app.unmount())
      sources[0]!.open()
      sources[0]!.send('note', '1')
      await nextTick()
      expect([page.textContent, heard]).toEqual(['open', [1]])
      expect(app.config.globalProperties['$sse'].status).toBe(sse.status)
    })
  })

  it('tells useSse outside of setup, and without `app.use(sse)`, what to write', () => {
    expect(() => useSse()).toThrow('before the first `await`')
    const { EventSource } = scriptEventSource()
    const faults: unknown[] = []
    const app = createApp({
      setup() {
        for (const use of [() => useSse(), () => useSseEvent('note', () => {})]) {
          try {
            use()
          } catch (error) {
            faults.push(error)
          }
        }
        return () => null
      },
    })
    app.use(createPinia().use(createSse({ url: URL, EventSource }))).mount(document.createElement('main'))
    ends.push(() => app.unmount())
    const fault = expect.objectContaining({
      code: 'invalid-use',
      message: expect.stringContaining("app.use(createSse({ namespace: 'sse', … }))"),
    })
    expect(faults).toEqual([fault, fault])
  })

  describe('a hot reload', () => {
    /** What Vite gives to a module. */
    const hotOf = () => ({ data: {}, invalidate: vi.fn() })

    it('of a store takes its new actions and its new mapping, and loads again', async () => {
      const { pinia, mount, open, send, sources } = setUp()
      const heard: unknown[] = []
      const define = (version: string, events: Record<string, 'add'>) => {
        const load = () => void heard.push(`${version} loads`)
        const add = (data: unknown) => void heard.push([version, data])
        return defineStore('hot', {
          state: () => ({ a: 1 }),
          actions: { add, load },
          sse: { events, resync: 'load' },
        })
      }
      const useStore = define('first', { note: 'add' })
      const store = useStore(pinia)
      mount()
      open()
      await settled()
      send('note', 1)
      acceptHMRUpdate(
        useStore as never,
        hotOf(),
      )({ useStore: define('second', { note: 'add', tick: 'add' }) })
      await settled()
      send('note', 2)
      send('tick', 3)
      expect(heard).toEqual(['first loads', ['first', 1], 'second loads', ['second', 2], ['second', 3]])
      store.$dispose()
      send('note', 4)
      expect(heard).toHaveLength(5)
      expect(sources).toHaveLength(1)
    })

    it('of a store may begin and end what it takes', async () => {
      const { pinia, mount, open, send } = setUp()
      const heard: unknown[] = []
      const actions = { add: (data: unknown) => void heard.push(data) }
      const define = (sse: object) => defineStore('hot', { state: () => ({ a: 1 }), actions, sse })
      const useStore = define({})
      useStore(pinia)
      mount()
      open()
      send('note', 1)
      const accept = acceptHMRUpdate(useStore as never, hotOf())
      accept({ useStore: define({ events: { note: 'add' } }) })
      send('note', 2)
      accept({ useStore: define({}) })
      send('note', 3)
      expect(heard).toEqual([2])
    })

    it('of the stream keeps the stores: one connection, with the new options', () => {
      const { pinia, app, mount, open, sources, source } = setUp()
      const store = defineNotes()(pinia)
      mount()
      open('e-3')
      const { EventSource, sources: next } = scriptEventSource()
      app.use(createSse<Any>({ url: URL, EventSource, batch: false, channels: ['b'] }))
      expect(source().readyState).toBe(2)
      expect(next.map(({ url }) => url.search)).toEqual(['?channels=b&lastEventId=e-3'])
      next[0]!.open()
      next[0]!.send('note', '{"id":4}', 'e-4')
      expect(store.list).toEqual([4])
      const late = defineNotes('late')(pinia)
      next[0]!.send('note', '{"id":5}', 'e-5')
      expect([store.list, late.list]).toEqual([[4, 5], [5]])
      expect(sources).toHaveLength(1)
    })
  })
}
