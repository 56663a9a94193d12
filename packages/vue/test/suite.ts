import { type ScriptedEventSource, scriptEventSource } from '@sse/client/testing'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type AppLike,
  createSse,
  type SseList,
  type SseListOptions,
  type SseOptions,
  type SseRefs,
  usePresence,
  useSse,
  useSseChannel,
  useSseEvent,
  useSseList,
  useSseRecords,
} from '../src/index.ts'
import { loadParts } from '../src/load-parts.ts'

/** A Vue, as the suite uses it. */
export interface VueKit {
  /** Puts a component into a page. */
  mount(component: object, ...plugins: readonly { install(app: AppLike): void }[]): Page
  h(tag: unknown, children?: unknown): unknown
  nextTick(): Promise<void>
  ref<Value>(value: Value): { value: Value }
  watch(source: object, run: (value: never) => unknown, options?: object): unknown
  /** Keeps the components that it shows. */
  readonly KeepAlive: unknown
}

export interface Page {
  text(): string
  unmount(): void
}

interface Note {
  readonly id: number
  readonly text: string
}

type Options = Partial<SseOptions<Record<string, unknown>>>
type Any = Record<string, unknown>

const URL = 'http://events.example/events'

/** Lets promises that are settled run on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await null
}

/** The pages of a test, which are unmounted after it. Its timers are fake. */
export function pagesOfTests(): Page[] {
  const pages: Page[] = []

  beforeAll(async () => void (await loadParts()))

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })

  afterEach(() => {
    for (const page of pages.splice(0)) page.unmount()
    vi.useRealTimers()
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  })

  return pages
}

/** One suite for Vue 3 and 2.7. */
export function describeVue({ mount, h, nextTick, ref, watch, KeepAlive }: VueKit): void {
  const pages = pagesOfTests()

  /** A stream that delivers at once. */
  function setUp(options: Options = {}) {
    const { EventSource, sources } = scriptEventSource()
    const onError = vi.fn()
    const sse = createSse<Any>({ url: URL, EventSource, batch: false, onError, ...options })
    const source = () => sources.at(-1)!
    /** Opens the stream, as a server of ours does. */
    const open = (id = 'e-0', resumed: boolean | null = null) => {
      source().open()
      source().send('sse.open', JSON.stringify({ stream: 's', heartbeat: 15_000, resumed }), id)
    }
    /** An app whose root has this `setup`. */
    function show(setup: () => void, text: () => string = () => ''): Page {
      const page = mount(
        {
          setup() {
            setup()
            return () => h('p', text())
          },
        },
        sse,
      )
      pages.push(page)
      return page
    }
    return { sse, sources, source, open, show, onError }
  }

  const channelsOf = (source: ScriptedEventSource) => source.url.searchParams.get('channels')

  describe('createSse', () => {
    it('connects with the first app that is mounted, and disconnects with the last', () => {
      const { sse, sources, show } = setUp()
      expect(sources).toEqual([])
      const [first, second] = [show(() => {}), show(() => {})]
      expect(sources).toHaveLength(1)
      first.unmount()
      expect(sse.status).toBe('connecting')
      second.unmount()
      expect(sse).toMatchObject({ status: 'closed', reason: 'closed' })
    })

    it('connects only by `connect` if told so, from the given position', () => {
      const { sse, sources, source, show } = setUp({ connect: false })
      show(() => {})
      expect([sse.status, sources]).toEqual(['idle', []])
      sse.connect({ lastEventId: 'e-41' })
      expect(source().url.searchParams.get('lastEventId')).toBe('e-41')
      sse.disconnect()
      expect(sse.status).toBe('closed')
    })

    it('gives a rendered component its state, as it changes, by useSse and by the name of the stream', async () => {
      const { show, open } = setUp()
      let sse: SseRefs<Any> | undefined
      const page = show(
        () => {
          sse = useSse<Any>()
        },
        () => `${sse?.status.value} ${sse?.lastEventId.value}`,
      )
      expect(page.text()).toBe('idle ')
      await nextTick()
      expect(page.text()).toBe('connecting ')
      open('e-7')
      await nextTick()
      expect(page.text()).toBe('open e-7')
    })

    it('is told of two streams of one name', () => {
      const [first, second] = [setUp().sse, setUp().sse]
      expect(() => mount({ render: () => h('p') }, first, second)).toThrow(
        expect.objectContaining({
          code: 'invalid-option',
          message: expect.stringContaining('by `namespace`'),
        }),
      )
      const { sse } = setUp()
      expect(() => mount({ render: () => h('p') }, sse, createSse({ use: sse }))).toThrow('by `namespace`')
      const prices = setUp({ namespace: 'prices' }).sse
      pages.push(mount({ render: () => h('p') }, setUp().sse, prices))
      expect(prices.status).toBe('connecting')
    })

    it('tells useSse outside of setup, after an await, and without the stream in the app, what to write', async () => {
      const { show } = setUp()
      expect(() => useSse()).toThrow('before the first `await`')
      let fault: unknown
      let late: Promise<unknown> | undefined
      show(() => {
        late = Promise.resolve().then(() => useSse())
        try {
          useSse('prices')
        } catch (error) {
          fault = error
        }
      })
      expect(fault).toMatchObject({
        code: 'invalid-use',
        message: expect.stringContaining("app.use(createSse({ namespace: 'prices', … }))"),
      })
      await expect(late).rejects.toThrow('before the first `await`')
    })

    it('tells a list what its events may do', () => {
      const onError = vi.fn()
      const { show } = setUp({ onError })
      show(
        () =>
          void useSseList<{ id: number }, Any>({
            key: 'id',
            load: () => [],
            events: { note: 'putt' as never },
          }),
      )
      expect(onError).toHaveBeenCalledExactlyOnceWith(
        expect.objectContaining({
          message: expect.stringContaining("events.note is 'put', 'remove' or a function"),
        }),
        { event: 'note' },
      )
    })

    it('works outside of components where it is given the stream itself', () => {
      const { sse } = setUp()
      expect(useSse(sse).status.value).toBe('idle')
    })

    it('shares the connection of another stream, with a state and handlers of its own', async () => {
      const { sse, sources, source, show, open } = setUp()
      const load = vi.fn()
      const other = createSse<Any>({ use: sse, namespace: 'other', resync: load, batch: false })
      show(() => {})
      open()
      await settled()
      expect(sources).toHaveLength(1)
      expect(load).toHaveBeenCalledExactlyOnceWith({ reason: 'open', signal: expect.any(AbortSignal) })
      const heard: unknown[] = []
      other.on('note', (data) => heard.push(data))
      source().send('note', '1', 'e-1')
      expect([heard, other.status, other.received, sse.received]).toEqual([[1], 'open', 1, 0])
    })

    it.each([
      ['neither a url nor a stream', {}, 'url'],
      ['an unknown option', { url: URL, resinc: false }, 'Did you mean resync?'],
      ['a stream that is none', { use: {} }, '`use` takes the object'],
      ['an option of the connection that it shares', { use: {}, channels: [] }, 'channels is not an option'],
    ])('refuses %s', (_, options, message) => {
      expect(() => createSse(options as never)).toThrow(message)
    })
  })

  describe('a hot reload of the stream', () => {
    it('leaves one connection at the same cursor, the handlers, the channels and the lists', async () => {
      const [before, after] = [scriptEventSource(), scriptEventSource()]
      const options = { url: URL, batch: false }
      const sse = createSse<Any>({ ...options, EventSource: before.EventSource })
      const heard: unknown[] = []
      let app: AppLike | undefined
      let list: SseList<Note> | undefined
      const component = {
        setup() {
          useSseEvent('other', (data) => heard.push(data))
          useSseChannel('room')
          list = useSseList<Note>({ key: 'id', load: () => [], events: { note: 'put' } })
          return () => h('p')
        },
      }
      const page = mount(component, sse, {
        install(to) {
          app = to
        },
      })
      pages.push(page)
      before.sources[0]!.open()
      before.sources[0]!.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":null}', 'e-7')
      await settled()
      const next = createSse<Any>({ ...options, EventSource: after.EventSource })
      next.install(app!)
      expect(before.sources.map(({ readyState }) => readyState)).toEqual([2])
      expect(after.sources.map(({ url }) => url.searchParams.get('lastEventId'))).toEqual(['e-7'])
      expect(channelsOf(after.sources[0]!)).toBe('room')
      after.sources[0]!.open()
      after.sources[0]!.send('sse.open', '{"stream":"t","heartbeat":0,"resumed":true}', 'e-7')
      after.sources[0]!.send('other', '1', 'e-8')
      after.sources[0]!.send('note', '{"id":1,"text":"a"}', 'e-9')
      expect([heard, list?.items.value, sse.status]).toEqual([[1], [{ id: 1, text: 'a' }], 'open'])
      expect(next.lastEventId).toBe('e-9')
      page.unmount()
      expect(after.sources[0]!.readyState).toBe(2)
    })
  })

  describe('useSseEvent', () => {
    it('calls its handler until the component is gone', () => {
      const { show, source, open } = setUp()
      const heard: unknown[] = []
      const page = show(() => useSseEvent('note', (data, { id }) => heard.push([data, id])))
      const keeper = show(() => {})
      open()
      source().send('note', '1', 'e-1')
      page.unmount()
      source().send('note', '2', 'e-2')
      expect(heard).toEqual([[1, 'e-1']])
      void keeper
    })

    it('waits for the resync of its stream, and is told exactly what comes after it', async () => {
      const load = vi.fn(async () => 'e-2')
      const { show, source, open, sse } = setUp({ resync: load })
      const heard: unknown[] = []
      show(() => useSseEvent('note', (data) => heard.push(data)))
      open()
      for (const number of [1, 2, 3]) source().send('note', `${number}`, `e-${number}`)
      expect([heard, sse.stale]).toEqual([[], true])
      await settled()
      expect([heard, sse.stale]).toEqual([[3], false])
    })
  })

  describe('useSseChannel', () => {
    it('joins a channel while any component needs it', async () => {
      const { show, source, sse } = setUp()
      const [first, second] = [show(() => useSseChannel('room')), show(() => useSseChannel(() => 'room'))]
      show(() => {})
      first.unmount()
      sse.reconnect()
      expect(channelsOf(source())).toBe('room')
      second.unmount()
      sse.reconnect()
      expect(channelsOf(source())).toBe(null)
    })

    it('follows its getter without a reconnect; an empty name is none', async () => {
      const { show, source, sources, sse } = setUp({ channels: ['news'] })
      const room = ref('')
      show(() => useSseChannel(() => room.value))
      expect(channelsOf(source())).toBe('news')
      for (const [name, channels] of [
        ['a', 'news,a'],
        ['b', 'news,b'],
        ['news', 'news'],
        ['', 'news'],
      ] as const) {
        room.value = name
        await nextTick()
        const before = sources.length
        sse.reconnect()
        expect([sources.length - before, channelsOf(source())]).toEqual([1, channels])
      }
    })

    it('stays on a channel that a component needs, whatever the app unsubscribes', () => {
      const { show, source, sse } = setUp()
      const page = show(() => useSseChannel('room'))
      show(() => {})
      sse.subscribe(['room', 'news'])
      sse.unsubscribe(['room', 'news'])
      sse.reconnect()
      expect(channelsOf(source())).toBe('room')
      page.unmount()
      sse.reconnect()
      expect(channelsOf(source())).toBe(null)
    })
  })

  describe('useSseList', () => {
    type Loaded = { items: readonly Note[]; position?: string }

    /** A list whose loads the test settles. */
    function setUpList(options: Partial<SseListOptions<Note, Any>> = {}, ofStream: Options = {}) {
      const bed = setUp(ofStream)
      const loads: (PromiseWithResolvers<Loaded> & { signal: AbortSignal })[] = []
      let list: SseList<Note> | undefined
      const texts = () => list?.items.value.map(({ text }) => text) ?? []
      const page = bed.show(
        () => {
          list = useSseList<Note, Any>({
            key: 'id',
            load({ signal }) {
              const load = { ...Promise.withResolvers<Loaded>(), signal }
              loads.push(load)
              return load.promise
            },
            events: { put: 'put', removed: 'remove' },
            ...options,
          })
        },
        () => texts().join(),
      )
      const send = (event: string, data: unknown, id: number) =>
        bed.source().send(event, JSON.stringify(data), `e-${id}`)
      const answer = async (index: number, position: number | undefined, ...ids: number[]) => {
        await settled()
        const items = ids.map((id) => ({ id, text: `loaded ${id}` }))
        loads[index]!.resolve({ items, ...(position !== undefined && { position: `e-${position}` }) })
        await settled()
      }
      return { ...bed, page, list: () => list!, loads, texts, send, answer }
    }

    it('shows the snapshot and exactly what comes after it, each item once', async () => {
      const { list, texts, send, answer, open, page } = setUpList()
      expect(list().stale.value).toBe(true)
      open()
      send('put', { id: 1, text: 'one' }, 1)
      send('put', { id: 2, text: 'two' }, 2)
      send('removed', 3, 3)
      send('removed', { id: 4 }, 4)
      await settled()
      expect([texts(), list().stale.value]).toEqual([[], true])
      await answer(0, 2, 1, 2, 3, 4)
      expect([texts(), list().stale.value]).toEqual([['loaded 1', 'loaded 2'], false])
      send('put', { id: 1, text: 'one again' }, 5)
      expect(texts()).toEqual(['one again', 'loaded 2'])
      await nextTick()
      expect(page.text()).toBe('one again,loaded 2')
    })

    it('keeps what it shows while it loads again, and tells why a load failed', async () => {
      const { list, texts, source, answer, open, loads, onError } = setUpList()
      open()
      await answer(0, 0, 1)
      source().send('sse.gap', '{"reason":"trimmed"}', 'e-9')
      expect([texts(), list().stale.value]).toEqual([['loaded 1'], true])
      await settled()
      loads[1]!.reject(new Error('503'))
      await settled()
      expect([list().error.value, onError.mock.calls]).toEqual([
        new Error('503'),
        [[new Error('503'), { event: 'sse.gap' }]],
      ])
      vi.advanceTimersByTime(1000)
      await answer(2, 9, 2)
      expect([texts(), list().error.value, list().stale.value]).toEqual([['loaded 2'], undefined, false])
    })

    it('holds back its own events only', async () => {
      const { open, send, sse, show } = setUpList()
      const heard: unknown[] = []
      sse.on('put', () => heard.push('plain'))
      let other: SseList<Note> | undefined
      show(() => {
        other = useSseList<Note, Any>({ key: 'id', load: () => [], events: { put: 'put' } })
      })
      open()
      await settled()
      send('put', { id: 1, text: 'one' }, 1)
      expect([heard, other!.items.value]).toEqual([['plain'], [{ id: 1, text: 'one' }]])
    })

    it('that begins on an open stream loads at once', async () => {
      const { open, show, source } = setUp()
      show(() => {})
      open()
      let list: SseList<Note> | undefined
      show(() => {
        const load = async () => ({ items: [{ id: 1, text: 'loaded' }], position: 'e-1' })
        list = useSseList<Note, Any>({ key: ({ id }) => id, load, events: { put: 'put' } })
      })
      source().send('put', '{"id":1,"text":"event"}', 'e-1')
      source().send('put', '{"id":2,"text":"event"}', 'e-2')
      await settled()
      expect(list!.items.value.map(({ text }) => text)).toEqual(['loaded', 'event'])
    })

    it('whose load is behind the stream makes it begin there, and nobody else is told twice', async () => {
      const { open, show, source, sources, sse } = setUp()
      const heard: unknown[] = []
      show(() => useSseEvent('put', (data) => heard.push((data as Note).id)))
      open()
      for (const id of [1, 2, 3]) source().send('put', JSON.stringify({ id, text: `${id}` }), `e-${id}`)
      let list: SseList<Note> | undefined
      show(() => {
        const load = async () => ({ items: [{ id: 1, text: '1' }], position: 'e-1' })
        list = useSseList<Note, Any>({ key: 'id', load, events: { put: 'put' } })
      })
      const states: string[] = []
      sse.on('sse.state', ({ status }) => states.push(status))
      await settled()
      expect(sources).toHaveLength(2)
      expect(source().url.searchParams.get('lastEventId')).toBe('e-1')
      open('e-1', true)
      for (const id of [2, 3, 4]) source().send('put', JSON.stringify({ id, text: `${id}` }), `e-${id}`)
      expect(list!.items.value.map(({ id }) => id)).toEqual([1, 2, 3, 4])
      expect(heard).toEqual([1, 2, 3, 4])
      expect(states).toEqual(['connecting', 'open'])
    })

    it('on a channel waits until the server has confirmed it, and follows the getter', async () => {
      const room = ref('a')
      const { list, loads, open, source, texts, answer, send } = setUpList({ channel: () => room.value })
      expect(channelsOf(source())).toBe('a')
      open()
      await settled()
      expect(loads).toHaveLength(0)
      source().send('sse.channels', '{"channels":["a"],"refused":[]}', 'e-0')
      await answer(0, 0, 1)
      expect(texts()).toEqual(['loaded 1'])
      room.value = 'b'
      await nextTick()
      expect([texts(), list().stale.value]).toEqual([[], true])
      send('put', { id: 7, text: 'of a' }, 1)
      source().send('sse.channels', '{"channels":["b"],"refused":[]}', 'e-1')
      await answer(1, 1, 2)
      expect([texts(), list().stale.value]).toEqual([['loaded 2'], false])
      room.value = ''
      await nextTick()
      expect([texts(), list().stale.value]).toEqual([[], false])
      room.value = 'c'
      await nextTick()
      source().send('sse.channels', '{"channels":[],"refused":["c"]}', 'e-2')
      expect(list().error.value).toMatchObject({ message: expect.stringContaining("'c'") })
    })

    it('on a channel needs no load where the stream resumed and was on it before', async () => {
      const { loads, open, source, sse, answer, send, texts } = setUpList({ channel: 'a' })
      open()
      source().send('sse.channels', '{"channels":["a"],"refused":[]}', 'e-0')
      await answer(0, 0, 1)
      sse.reconnect()
      open('e-0', true)
      send('put', { id: 2, text: 'two' }, 1)
      source().send('sse.channels', '{"channels":["a"],"refused":[]}', 'e-1')
      await settled()
      expect([texts(), loads.length]).toEqual([['loaded 1', 'two'], 1])
    })

    it('takes handlers, a filter and an order, and changes by the app itself', async () => {
      const { list, texts, open, send, answer } = setUpList({
        events: {
          put: 'put',
          shout: (id, list) => list.put({ id: Number(id), text: `${list.get(Number(id))?.text}!` }),
        },
        filter: (data: Note | number) => typeof data === 'number' || data.id < 100,
        sort: (a, b) => b.id - a.id,
      })
      open()
      await answer(0, 0, 1)
      send('put', { id: 2, text: 'two' }, 1)
      send('put', { id: 100, text: 'of another list' }, 2)
      send('shout', 1, 3)
      list().put({ id: 3, text: 'optimistic' })
      expect(texts()).toEqual(['optimistic', 'two', 'loaded 1!'])
      list().remove(2)
      expect(texts()).toEqual(['optimistic', 'loaded 1!'])
    })

    it('ignores a load that it gave up, however late it answers', async () => {
      const { open, loads, answer, texts, list, onError } = setUpList()
      open()
      await settled()
      vi.advanceTimersByTime(30_000)
      expect(loads[0]!.signal.aborted).toBe(true)
      expect(String(onError.mock.calls[0])).toContain('30000 ms')
      vi.advanceTimersByTime(1000)
      await answer(1, 5, 1)
      await answer(0, 1, 9)
      expect([texts(), list().stale.value, loads.length]).toEqual([['loaded 1'], false, 2])
    })

    it('is loaded although the stream cannot open, stays stale, and is loaded again when it opens', async () => {
      const { list, loads, source, sse, open, answer, texts } = setUpList()
      source().lose()
      expect(sse.status).toBe('waiting')
      await answer(0, 5, 1)
      expect([texts(), list().stale.value]).toEqual([['loaded 1'], true])
      sse.reconnect()
      source().lose()
      await settled()
      expect(loads).toHaveLength(1)
      sse.reconnect()
      open('e-7')
      await answer(1, 7, 2)
      expect([texts(), list().stale.value, loads.length]).toEqual([['loaded 2'], false, 2])
    })

    it('is ready after its first load, whether it succeeded or not', async () => {
      const { list, open, loads } = setUpList()
      let isReady = false
      list().ready.then(() => {
        isReady = true
      })
      open()
      await settled()
      expect(isReady).toBe(false)
      loads[0]!.reject(new Error('503'))
      await settled()
      expect(isReady).toBe(true)
    })

    it('is right again when its component is shown again', async () => {
      const { EventSource, sources } = scriptEventSource()
      const sse = createSse<Any>({ url: URL, EventSource, batch: false })
      const isShown = ref(true)
      const child = {
        setup() {
          const load = () => [{ id: 1, text: 'loaded' }]
          const { items } = useSseList<Note, Any>({ key: 'id', load, events: { put: 'put' } })
          return () => h('p', items.value.map(({ text }) => text).join())
        },
      }
      const other = { render: () => h('p', 'other') }
      // Vue 2.7 passes children as a list, Vue 3 as a slot.
      const keep = () => h(KeepAlive, [h(isShown.value ? child : other)])
      const page = mount({ setup: () => keep }, sse)
      pages.push(page)
      sources[0]!.open()
      sources[0]!.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":null}', 'e-0')
      await settled()
      isShown.value = false
      await nextTick()
      expect(page.text()).toBe('other')
      sources[0]!.send('put', '{"id":2,"text":"meanwhile"}', 'e-1')
      isShown.value = true
      await nextTick()
      expect(page.text()).toBe('loaded,meanwhile')
    })
  })

  describe('useSseRecords', () => {
    const json = JSON.stringify

    /** Sends the records of a channel, as our server does. */
    function sendRecords(
      source: ScriptedEventSource,
      channel: string,
      all: Record<string, number>,
      id: string,
    ) {
      source.send('sse.records', json({ channels: [channel] }))
      for (const [record, price] of Object.entries(all)) {
        source.send('sse.record', json({ channels: [channel], record }))
        source.send('message', String(price))
      }
      source.send('sse.records', json({ channels: [channel], done: true }), id)
    }

    /** The code for records is loaded before the stream is opened. */
    const opened = ({ sources }: { sources: unknown[] }) => vi.waitFor(() => expect(sources).toHaveLength(1))

    it('shows the records of a channel, as they change, and its end', async () => {
      const site = setUp()
      const { show, source, open } = site
      const name = ref<string>('prices')
      const text = ref('')
      const page = show(
        () => {
          const { records, stale, ended } = useSseRecords<number>(() => name.value)
          const { ended: isOver } = useSseChannel(() => name.value)
          text.value = ''
          watch([records, stale, ended, isOver], () => {
            const all = [...records.value].map((one) => one.join(' '))
            text.value = [...all, stale.value ? 'stale' : '', ended.value ?? '', isOver.value ?? ''].join()
          })
        },
        () => text.value,
      )
      await opened(site)
      expect(channelsOf(source())).toBe('prices')
      expect(source().url.searchParams.get('records')).toBe('*')
      open('')
      sendRecords(source(), 'prices', { a: 1, b: 1 }, 'e-1')
      await nextTick()
      await nextTick()
      expect(page.text()).toBe('a 1,b 1,,,')
      source().send('sse.record', json({ id: 'e-2', channels: ['prices'], record: 'a' }))
      source().send('message', '2', 'e-2')
      source().send('sse.removed', json({ channel: 'prices', record: 'b' }), 'e-3')
      await nextTick()
      await nextTick()
      expect(page.text()).toBe('a 2,,,')
      source().send('sse.end', json({ channel: 'prices', reason: 'closed' }), 'e-4')
      await nextTick()
      await nextTick()
      expect(page.text()).toBe(',closed,closed')
      name.value = 'other'
      await nextTick()
      await nextTick()
      expect(page.text()).toBe('stale,,')
    })

    it('hands over one change for all of a frame, and none after its end', async () => {
      const site = setUp({ batch: true, keep: 10 })
      const { sse, show, source, open } = site
      let records: { readonly value: ReadonlyMap<string, unknown> } | undefined
      const changes: number[] = []
      const page = show(() => {
        records = useSseRecords<number>('prices').records
        watch(records, ({ size }: Map<string, unknown>) => changes.push(size), { flush: 'sync' })
      })
      show(() => {})
      await opened(site)
      open('')
      sendRecords(source(), 'prices', { a: 1, b: 1, c: 1 }, 'e-1')
      await settled()
      expect(changes).toEqual([])
      vi.advanceTimersByTime(300)
      expect(records!.value.size).toBe(3)
      expect(changes).toEqual([3])
      expect(sse).toMatchObject({ received: 0, history: [], lastEventId: 'e-1' })
      sendRecords(source(), 'prices', {}, 'e-2')
      page.unmount()
      vi.advanceTimersByTime(300)
      expect(changes).toEqual([3])
    })
  })

  describe('usePresence', () => {
    it('shows the members of a channel', async () => {
      const site = setUp()
      const { show, source, open } = site
      const shown: unknown[] = []
      show(() => {
        const { members, count, stale } = usePresence<string>('room')
        watch(
          [members, count, stale],
          () => shown.push([members.value.map(({ info }) => info), count.value, stale.value]),
          { flush: 'sync' },
        )
      })
      await vi.waitFor(() => expect(site.sources).toHaveLength(1))
      open()
      const send = (data: object) =>
        source().send('sse.presence', JSON.stringify({ channel: 'room', ...data }), 'e-0')
      send({ members: [{ id: 'm', info: 'Mina', streams: 1 }] })
      send({ joined: [{ id: 'j', info: 'Joon', streams: 1 }], left: [] })
      send({ joined: [], left: ['m'] })
      send({ count: 2000 })
      expect(shown.at(-1)).toEqual([[], 2000, false])
      expect(shown).toContainEqual([['Mina', 'Joon'], 2, false])
      expect(shown).toContainEqual([['Joon'], 1, false])
    })
  })

  describe('reached', () => {
    it('resolves when the list has what was written', async () => {
      const { sse, show, source, open } = setUp({ batch: true })
      const load = Promise.withResolvers<{ items: Note[]; position: string }>()
      let list: SseList<Note> | undefined
      show(() => {
        list = useSseList<Note, Any>({ key: 'id', load: () => load.promise, events: { put: 'put' } })
      })
      open()
      await settled()
      vi.useRealTimers()
      const reached = sse.reached('e-1')
      source().send('put', '{"id":1,"text":"mine"}', 'e-1')
      load.resolve({ items: [], position: 'e-0' })
      await reached
      expect(list!.items.value).toEqual([{ id: 1, text: 'mine' }])
    })
  })
}
