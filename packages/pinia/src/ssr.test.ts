import { scriptEventSource } from '@sse/client/testing'
import { collected } from '@sse/testbed'
import { createPinia, defineStore, type Pinia, type StateTree } from 'pinia'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'

type Any = Record<string, unknown>

/** The package as a production build has it: what receives events is loaded beside the page. */
async function inProduction() {
  vi.resetModules()
  vi.stubEnv('NODE_ENV', 'production')
  return await import('./index.ts')
}

/** From here on there is a page. */
function enterBrowser(): void {
  vi.stubGlobal('window', globalThis)
  vi.stubGlobal('document', {
    ...{ baseURI: 'http://page.example/', visibilityState: 'visible' },
    ...{ addEventListener() {}, removeEventListener() {} },
  })
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
})

/** A store whose load gives its id and a position. */
const define = (id: string, position: string | undefined, load = vi.fn()) => {
  const useStore = defineStore(id, {
    state: () => ({ list: [] as unknown[] }),
    actions: {
      add(note: unknown) {
        this.list.push(note)
      },
      async load() {
        load()
        this.list = [id]
        return position
      },
    },
    sse: { events: { note: 'add' }, resync: 'load' },
  })
  return { useStore, load }
}

async function setUp(options: object = {}) {
  const { createSse } = await inProduction()
  const { EventSource, sources } = scriptEventSource()
  const newStream = () => createSse<Any>({ url: '/events', EventSource, batch: false, ...options })
  return { newStream, sources }
}

type Stream = Awaited<ReturnType<typeof setUp>>['newStream'] extends () => infer S ? S : never

/** Renders a page whose component loads these stores. */
async function render(sse: Stream, stores: readonly ReturnType<typeof define>[]): Promise<Pinia> {
  const pinia = createPinia().use(sse)
  const component = {
    async setup() {
      const all = stores.map(({ useStore }) => useStore(pinia))
      for (const store of all) await store.load()
      return () => h('p', all.map(({ list }) => list.join()).join())
    },
  }
  await renderToString(createSSRApp(component).use(pinia).use(sse))
  return pinia
}

/** The Pinia of the page, which has got the state of the server's. */
function hydrate(sse: Stream, state: Record<string, StateTree>): Pinia {
  const pinia = createPinia().use(sse)
  pinia.state.value = JSON.parse(JSON.stringify(state))
  createSSRApp({}).use(pinia).use(sse)
  return pinia
}

const opening = '{"stream":"s","heartbeat":15000,"resumed":true}'

describe('where there is no window', () => {
  it('nothing is opened, and a store notes the position that its load has returned', async () => {
    const { newStream, sources } = await setUp()
    const sse = newStream()
    sse.connect()
    const pinia = await render(sse, [define('a', 'e-5'), define('b', undefined)])
    expect(pinia.state.value).toEqual({ a: { list: ['a'] }, b: { list: ['b'] }, $sse: { a: 'e-5' } })
    expect([sources, sse.status]).toEqual([[], 'idle'])
  })

  it('nothing is kept of the stores, with one stream for all requests', async () => {
    const { newStream } = await setUp()
    const sse = newStream()
    const notes = define('a', 'e-5')
    const kept: WeakRef<object>[] = []
    for (let count = 0; count < 20; count++) {
      const pinia = await render(sse, [notes])
      kept.push(new WeakRef(pinia), new WeakRef(notes.useStore(pinia)))
    }
    // Pinia itself keeps the newest one.
    await collected(kept.slice(0, -2))
  })
})

describe('a rendered page', () => {
  it('goes on from its positions: it loads nothing, and no event is applied twice', async () => {
    const { newStream, sources } = await setUp()
    const onServer = await render(newStream(), [
      define('a', 'e-7'),
      define('b', 'e-5'),
      define('c', undefined),
    ])
    enterBrowser()
    const sse = newStream()
    const pinia = hydrate(sse, onServer.state.value)
    const pages = ['a', 'b', 'c'].map((id) => define(id, 'e-9'))
    const stores = pages.map(({ useStore }) => useStore(pinia))
    sse.connect()
    await vi.waitFor(() => expect(sources).toHaveLength(1))
    expect(sources[0]!.url.search).toBe('?lastEventId=e-5')
    expect(pinia.state.value).not.toHaveProperty('$sse')
    sources[0]!.open()
    sources[0]!.send('sse.open', opening, 'e-5')
    for (const id of [6, 7, 8]) sources[0]!.send('note', `${id}`, `e-${id}`)
    await vi.waitFor(() => expect(sse.stale).toBe(false))
    expect(stores.map(({ list }) => [...list])).toEqual([['a', 8], ['b', 6, 7, 8], ['c']])
    expect(pages.map(({ load }) => load.mock.calls.length)).toEqual([0, 0, 1])
    sse.disconnect()
  })

  it('loads what has a position of another log, what was reset, and everything if the stream does not resume', async () => {
    for (const [resumed, loads] of [
      [true, [0, 1, 1]],
      [false, [1, 1, 1]],
    ] as const) {
      const { newStream, sources } = await setUp()
      const onServer = await render(newStream(), [define('a', 'e-7'), define('b', 'x-5'), define('c', 'e-7')])
      enterBrowser()
      const sse = newStream()
      const pinia = hydrate(sse, onServer.state.value)
      const pages = ['a', 'b', 'c'].map((id) => define(id, 'e-7'))
      const stores = pages.map(({ useStore }) => useStore(pinia))
      stores[2]!.$reset()
      sse.connect()
      await vi.waitFor(() => expect(sources).toHaveLength(1))
      expect(sources[0]!.url.search).toBe('?lastEventId=e-7')
      sources[0]!.open()
      sources[0]!.send('sse.open', JSON.stringify({ stream: 's', heartbeat: 15_000, resumed }), 'e-7')
      await vi.waitFor(() => expect(pages[1]!.load).toHaveBeenCalled())
      await vi.waitFor(() => expect(sse.stale).toBe(false))
      expect(pages.map(({ load }) => load.mock.calls.length)).toEqual(loads)
      sse.disconnect()
      vi.unstubAllGlobals()
    }
  })

  it('goes on from the position that the app gives, if it gives one', async () => {
    const { newStream, sources } = await setUp({ lastEventId: 'e-6' })
    const onServer = await render(newStream(), [define('a', 'e-7'), define('b', 'e-5')])
    enterBrowser()
    const sse = newStream()
    const pinia = hydrate(sse, onServer.state.value)
    const pages = ['a', 'b'].map((id) => define(id, 'e-7'))
    for (const { useStore } of pages) useStore(pinia)
    sse.connect()
    await vi.waitFor(() => expect(sources).toHaveLength(1))
    expect(sources[0]!.url.search).toBe('?lastEventId=e-6')
    sources[0]!.open()
    sources[0]!.send('sse.open', opening, 'e-6')
    await vi.waitFor(() => expect(pages[1]!.load).toHaveBeenCalled())
    await vi.waitFor(() => expect(sse.stale).toBe(false))
    expect(pages.map(({ load }) => load.mock.calls.length)).toEqual([0, 1])
    sse.disconnect()
  })
})

describe('while the parts that receive events are loaded', () => {
  it('a store may be created, disposed and reset', async () => {
    const { newStream, sources } = await setUp()
    enterBrowser()
    const sse = newStream()
    const pinia = hydrate(sse, {})
    const [gone, reset, plain] = ['gone', 'reset', 'plain'].map((id) => define(id, 'e-1'))
    const stores = [gone!, reset!, plain!].map(({ useStore }) => useStore(pinia))
    sse.connect()
    expect(sse.status).toBe('connecting')
    stores[0]!.$dispose()
    stores[1]!.$reset()
    await vi.waitFor(() => expect(sources).toHaveLength(1))
    sources[0]!.open()
    sources[0]!.send('sse.open', '{"stream":"s","heartbeat":15000,"resumed":null}', 'e-1')
    sources[0]!.send('note', '2', 'e-2')
    await vi.waitFor(() => expect(stores[2]!.list).toEqual(['plain', 2]))
    expect(stores.map(({ list }) => [...list])).toEqual([[], ['reset', 2], ['plain', 2]])
    sse.disconnect()
  })
})
