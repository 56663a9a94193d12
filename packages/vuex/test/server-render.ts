import { scriptEventSource } from '@sse/client/testing'
import { collected } from '@sse/testbed'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSse, useSse, useSseEvent } from '../src/index.ts'
import type { TestStore } from './suite.ts'

/** Vue, its server renderer, and the Vuex that belongs to it. */
export interface ServerPair {
  createStore(options: object): TestStore
  render(component: object, store: TestStore, plugin: ReturnType<typeof createSse>): Promise<string>
  h(tag: string, text: string): unknown
}

/** One suite for both pairs, where there is no window. */
export function describeServerRender({ createStore, render, h }: ServerPair): void {
  function setUp() {
    const { EventSource, sources } = scriptEventSource()
    const sse = createSse({ url: '/events', EventSource, events: { note: () => {} }, resync: false })
    const create = (options: object = {}) => createStore({ strict: true, plugins: [sse], ...options })
    return { sse, create, sources }
  }

  /** From here on there is a page. */
  function enterBrowser() {
    vi.stubGlobal('window', globalThis)
    vi.stubGlobal('document', {
      baseURI: 'http://page.example/',
      addEventListener() {},
      removeEventListener() {},
    })
  }

  afterEach(() => {
    vi.unstubAllGlobals()
    vi.unstubAllEnvs()
  })

  describe('where there is no window', () => {
    it('nothing is opened, and components are rendered', async () => {
      const { sse, create, sources } = setUp()
      const store = create()
      store.dispatch('sse/connect')
      store.dispatch('sse/reconnect')
      store.dispatch('sse/subscribe', 'a')
      const component = {
        setup() {
          const stream = useSse()
          useSseEvent('note', () => {})
          return () => h('p', stream.status)
        },
      }
      expect(await render(component, store, sse)).toMatch(/<p.*>idle<\/p>/)
      store.dispatch('sse/disconnect')
      expect(sources).toEqual([])
    })

    it.each([
      [
        'by replaceState',
        (create: (options?: object) => TestStore, state: object) => {
          const store = create()
          store.replaceState(state)
          return store
        },
      ],
      [
        'as the state of a new store',
        (create: (options?: object) => TestStore, state: object) => create({ state }),
      ],
    ])(
      'the position of the snapshot goes to the browser %s, and the stream is resumed there',
      async (_, make) => {
        const { sse, create, sources } = setUp()
        const onServer = create()
        onServer.dispatch('sse/connect', { lastEventId: '41' })
        await render({ render: () => h('p', '') }, onServer, sse)
        const state = JSON.parse(JSON.stringify(onServer.state))
        expect(state).toEqual(onServer.state)

        enterBrowser()
        const inBrowser = make(create, state)
        inBrowser.dispatch('sse/connect')
        expect(sources.map(({ url }) => url.href)).toEqual(['http://page.example/events?lastEventId=41'])
        inBrowser.dispatch('sse/disconnect')
      },
    )

    it.each(['development', 'production'])(
      'nothing is kept of the components, also with one store for all requests, in %s',
      async (environment) => {
        vi.stubEnv('NODE_ENV', environment)
        const { sse, create } = setUp()
        const store = create()
        const handlers: WeakRef<object>[] = []
        const component = () => ({
          setup() {
            const stream = useSse()
            const handler = () => {}
            handlers.push(new WeakRef(handler))
            useSseEvent('note', handler)
            stream.on('note', handler)
            return () => h('p', stream.status)
          },
        })
        for (let count = 0; count < 50; count++) await render(component(), store, sse)
        expect(handlers).toHaveLength(50)
        await collected(handlers)
        expect(store.state.sse.status).toBe('idle')
      },
    )

    it('every request has a store and a state of its own', () => {
      const { create } = setUp()
      const [first, second] = [create(), create()]
      first.dispatch('sse/connect', { lastEventId: '1' })
      expect([first.state.sse, second.state.sse]).toMatchObject([{ lastEventId: '1' }, { lastEventId: '' }])
    })
  })
}
