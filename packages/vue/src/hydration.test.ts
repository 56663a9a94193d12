// @vitest-environment jsdom
import { scriptEventSource } from '@sse/client/testing'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { type Component, createSSRApp, defineComponent, h, inject, nextTick, Suspense } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { createSse, useSse } from './index.ts'

afterEach(() => vi.unstubAllGlobals())

/** Renders on a server, and hydrates in a page. What Vue says of mismatches is noted. */
async function hydrate(App: Component, connects: boolean) {
  vi.stubGlobal('window', undefined)
  const html = await renderToString(createSSRApp(App).use(createSse({ url: '/events' })))
  vi.unstubAllGlobals()
  const { EventSource } = scriptEventSource()
  const sse = createSse({ url: 'http://a.example/events', EventSource, connect: connects })
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  const error = vi.spyOn(console, 'error').mockReturnValue()
  const page = document.createElement('main')
  page.innerHTML = html
  const app = createSSRApp(App)
    .use(sse)
    .provide('connect', () => sse.connect())
  app.mount(page)
  onTestFinished(() => {
    app.unmount()
    vi.restoreAllMocks()
  })
  return { sse, page, html, said: () => [...warn.mock.calls, ...error.mock.calls] }
}

it('a page that is hydrated at once shows what the server has rendered, and then the state', async () => {
  const App = defineComponent({
    setup() {
      const { status } = useSse()
      return () => h('p', status.value)
    },
  })
  const { html, page, said } = await hydrate(App, true)
  expect(html).toBe('<p>idle</p>')
  await nextTick()
  expect([page.textContent, said()]).toEqual(['connecting', []])
})

it('a page with an async setup connects after its hydration, by `connect: false`', async () => {
  const loaded = Promise.withResolvers<void>()
  const Status = defineComponent({
    async setup() {
      const { status } = useSse()
      await loaded.promise
      return () => h('p', status.value)
    },
  })
  const App = defineComponent({
    setup() {
      const connect = inject('connect', () => {})
      return () => h(Suspense, { onResolve: () => connect() }, { default: () => h(Status) })
    },
  })
  loaded.resolve()
  const { html, page, said } = await hydrate(App, false)
  expect(html).toBe('<p>idle</p>')
  await vi.waitUntil(() => page.textContent === 'connecting')
  expect(said()).toEqual([])
})
