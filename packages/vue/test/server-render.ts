import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { scriptEventSource } from '@sse/client/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  createSse,
  type DehydratedSse,
  useSse,
  useSseChannel,
  useSseEvent,
  useSseList,
} from '../src/index.ts'

/** Vue and its server renderer. */
export interface ServerKit {
  createApp(component: object, sse: ReturnType<typeof createSse>): object
  render(app: object): Promise<string>
  /** Runs `setup` of a component in a browser. */
  mount(component: object, sse: ReturnType<typeof createSse>): { unmount(): void }
  h(tag: string, text: string): unknown
}

interface Note {
  readonly id: number
  readonly text: string
}

/** Waits until the garbage collector has taken all of these. */
async function collected(references: readonly WeakRef<object>[]): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const left = () => {
    gc()
    return references.filter((reference) => reference.deref()).length
  }
  await vi.waitFor(() => expect(left()).toBe(0), 20_000)
}

/** One suite for Vue 3 and 2.7, where there is no window at first. */
export function describeServerRender({ createApp, render, mount, h }: ServerKit): void {
  afterEach(() => vi.unstubAllGlobals())

  /** From here on there is a page. */
  function enterBrowser(): void {
    vi.stubGlobal('window', globalThis)
    vi.stubGlobal('document', {
      baseURI: 'http://page.example/',
      addEventListener() {},
      removeEventListener() {},
    })
  }

  /** Two lists, the second of which is behind the first. */
  function setUp(positions: readonly [string, string] = ['e-7', 'e-5'], hydrate?: DehydratedSse) {
    const { EventSource, sources } = scriptEventSource()
    const sse = createSse({ url: '/events', EventSource, batch: false, hydrate, onError: () => {} })
    const load = vi.fn(async (name: string, position: string) => ({
      items: [{ id: 1, text: `${name} loaded` }],
      position,
    }))
    const shown: Record<string, () => string[]> = {}
    const component = () => ({
      setup() {
        const { status } = useSse()
        useSseEvent('note', () => {})
        useSseChannel('room')
        const lists = (['a', 'b'] as const).map((name, index) => {
          const { items } = useSseList<Note>({
            ...{ key: 'id', name, events: { note: 'put' } },
            load: () => load(name, positions[index]!),
          })
          shown[name] = () => items.value.map(({ text }) => text)
          return items
        })
        return () => h('p', `${status.value} ${lists.flatMap(({ value }) => value.map(({ text }) => text))}`)
      },
    })
    return { sse, sources, load, component, shown }
  }

  it('nothing is opened, and lists are loaded while they are rendered', async () => {
    const { sse, sources, component } = setUp()
    sse.connect({ lastEventId: 'e-1' })
    sse.reconnect()
    sse.subscribe('a')
    expect(await render(createApp(component(), sse))).toMatch(/<p.*>idle a loaded,b loaded<\/p>/)
    sse.disconnect()
    expect(sources).toEqual([])
    // Requests share the object.
    expect(sse).toMatchObject({ status: 'idle', lastEventId: '' })
    await expect(sse.reached('e-1')).rejects.toMatchObject({ code: 'closed' })
  })

  it('the browser goes on from the position of the lists, and each receives what comes after its own', async () => {
    const onServer = setUp()
    const app = createApp(onServer.component(), onServer.sse)
    await render(app)
    const state = JSON.parse(JSON.stringify(onServer.sse.dehydrate(app))) as DehydratedSse
    expect(state).toEqual(onServer.sse.dehydrate(app))

    enterBrowser()
    const { sse, sources, load, component, shown } = setUp(undefined, state)
    const page = mount(component(), sse)
    expect([shown['a']!(), shown['b']!()]).toEqual([['a loaded'], ['b loaded']])
    sse.connect()
    await vi.waitFor(() => expect(sources).toHaveLength(1))
    expect(sources[0]!.url.searchParams.get('lastEventId')).toBe('e-5')
    sources[0]!.open()
    sources[0]!.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":true}', 'e-5')
    sources[0]!.send('note', '{"id":2,"text":"for b"}', 'e-6')
    sources[0]!.send('note', '{"id":3,"text":"for both"}', 'e-8')
    await vi.waitFor(() => expect(shown['a']!()).toEqual(['a loaded', 'for both']))
    expect(shown['b']!()).toEqual(['b loaded', 'for b', 'for both'])
    expect([load.mock.calls, sse.stale]).toEqual([[], false])
    page.unmount()
    sse.disconnect()
  })

  it('a list whose position cannot be ordered with those of the others is loaded again', async () => {
    const onServer = setUp(['e-7', 'f-5'])
    const app = createApp(onServer.component(), onServer.sse)
    await render(app)
    const state = onServer.sse.dehydrate(app)
    expect(state).toEqual({
      lastEventId: 'e-7',
      lists: {
        a: { items: [{ id: 1, text: 'a loaded' }], position: 'e-7' },
        b: { items: [{ id: 1, text: 'b loaded' }] },
      },
    })

    enterBrowser()
    const { sse, sources, load, component } = setUp(undefined, state)
    const page = mount(component(), sse)
    sse.connect()
    await vi.waitFor(() => expect(sources).toHaveLength(1))
    sources[0]!.open()
    sources[0]!.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":true}', 'e-7')
    await vi.waitFor(() => expect(load).toHaveBeenCalledExactlyOnceWith('b', 'e-5'))
    page.unmount()
    sse.disconnect()
  })

  it('a stream that does not resume there makes the lists load', async () => {
    enterBrowser()
    const list = { items: [{ id: 1, text: 'a loaded' }], position: 'e-7' }
    const { sse, sources, load, component } = setUp(undefined, {
      lastEventId: 'e-7',
      lists: { a: list, b: list },
    })
    const page = mount(component(), sse)
    sse.connect()
    await vi.waitFor(() => expect(sources).toHaveLength(1))
    sources[0]!.open()
    sources[0]!.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":false}', 'e-9')
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2))
    page.unmount()
    sse.disconnect()
  })

  it('a load that fails on the server leaves an empty list, which the browser loads', async () => {
    const { sse, load, component } = setUp()
    load.mockRejectedValue(new Error('503'))
    const app = createApp(component(), sse)
    expect(await render(app)).toMatch(/<p.*>idle <\/p>/)
    expect(sse.dehydrate(app)).toEqual({ lists: {} })
  })

  it('every request has lists of its own, and nothing is kept of it', async () => {
    const { sse, component } = setUp()
    const apps: WeakRef<object>[] = []
    async function request(): Promise<void> {
      const app = createApp(component(), sse)
      apps.push(new WeakRef(app))
      await render(app)
      expect(Object.keys(sse.dehydrate(app).lists)).toEqual(['a', 'b'])
    }
    for (let count = 0; count < 20; count++) await request()
    await collected(apps)
  })

  describe('an async setup', () => {
    it('may wait until the list is ready', async () => {
      const { sse } = setUp()
      const { ready, items } = await new Promise<{ ready: Promise<void>; items: { value: readonly Note[] } }>(
        (resolve) => {
          const component = {
            setup() {
              const load = async () => [{ id: 1, text: 'loaded' }]
              resolve(useSseList<Note>({ key: 'id', load, events: {} }))
              return () => h('p', '')
            },
          }
          void render(createApp(component, sse))
        },
      )
      await ready
      expect(items.value).toEqual([{ id: 1, text: 'loaded' }])
    })
  })
}
