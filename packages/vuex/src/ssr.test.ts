import { scriptEventSource } from '@sse/client/testing'
import { describe, expect, it, vi } from 'vitest'
import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { createStore } from 'vuex'
import { createSse, useSse, useSseEvent } from './index.ts'

describe('where there is no window', () => {
  function setUp() {
    const { EventSource, sources } = scriptEventSource()
    const sse = createSse({ url: '/events', EventSource, events: { note: () => {} } })
    const create = () => createStore<Record<string, unknown>>({ strict: true, plugins: [sse] })
    return { sse, create, sources }
  }

  it('nothing is opened, and components are rendered', async () => {
    const { sse, create, sources } = setUp()
    const store = create()
    store.dispatch('sse/connect')
    store.dispatch('sse/reconnect')
    store.dispatch('sse/subscribe', 'a')
    const app = createSSRApp({
      setup() {
        const state = useSse()
        useSseEvent('note', () => {})
        return () => h('p', state.status)
      },
    })
    expect(await renderToString(app.use(store).use(sse))).toBe('<p>idle</p>')
    store.dispatch('sse/disconnect')
    expect(sources).toEqual([])
  })

  it('the position of the snapshot goes to the browser with the state, and the stream is resumed there', () => {
    const { create, sources } = setUp()
    const onServer = create()
    onServer.dispatch('sse/connect', { lastEventId: '41' })
    const html = JSON.stringify(onServer.state)

    vi.stubGlobal('window', globalThis)
    vi.stubGlobal('document', {
      baseURI: 'http://page.example/',
      addEventListener() {},
      removeEventListener() {},
    })
    const inBrowser = create()
    inBrowser.replaceState(JSON.parse(html))
    inBrowser.dispatch('sse/connect')
    expect(sources.map(({ url }) => url.href)).toEqual(['http://page.example/events?lastEventId=41'])
    inBrowser.dispatch('sse/disconnect')
    vi.unstubAllGlobals()
  })

  it('every request has a store and a state of its own', () => {
    const { create } = setUp()
    const [first, second] = [create(), create()]
    first.dispatch('sse/connect', { lastEventId: '1' })
    expect([first.state['sse'], second.state['sse']]).toMatchObject([
      { lastEventId: '1' },
      { lastEventId: '' },
    ])
  })
})
