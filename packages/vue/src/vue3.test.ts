// @vitest-environment jsdom
import { scriptEventSource } from '@sse/client/testing'
import { describe, expect, it, vi } from 'vitest'
import { createApp, h, KeepAlive, nextTick, ref, Suspense, watch } from 'vue'
import { describeMistakes } from '../test/mistakes.ts'
import { describeVue, type VueKit } from '../test/suite.ts'
import { createSse, useSseChannel, useSseEvent, useSseList } from './index.ts'

describe('Vue 3', () => {
  const kit: VueKit = {
    mount(component, ...plugins) {
      const page = document.createElement('main')
      const app = createApp(component)
      for (const plugin of plugins) app.use(plugin)
      app.mount(page)
      let isMounted = true
      return {
        text: () => page.textContent ?? '',
        unmount() {
          if (isMounted) app.unmount()
          isMounted = false
        },
      }
    },
    h: h as (tag: unknown, children?: unknown) => unknown,
    nextTick,
    ref: ref as <Value>(value: Value) => { value: Value },
    watch: watch as never,
    KeepAlive,
  }
  describeVue(kit)
  describeMistakes(kit)

  it('a component that waits for its list is shown by Suspense once the list is loaded', async () => {
    const { EventSource, sources } = scriptEventSource()
    const sse = createSse({ url: 'http://events.example/', EventSource, batch: false })
    const loaded = Promise.withResolvers<{ id: number }[]>()
    const list = {
      async setup() {
        const load = () => loaded.promise
        const { items, ready } = useSseList<{ id: number }>({ key: 'id', load, events: { note: 'put' } })
        await ready
        return () => h('p', items.value.map(({ id }) => id).join())
      },
    }
    const page = document.createElement('main')
    const app = createApp({
      render: () => h(Suspense, null, { default: () => h(list), fallback: () => 'loading' }),
    })
    app.use(sse).mount(page)
    await vi.waitFor(() => expect(sources).toHaveLength(1))
    sources[0]?.open()
    sources[0]?.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":null}', 'e-0')
    expect(page.textContent).toBe('loading')
    loaded.resolve([{ id: 1 }])
    await vi.waitFor(() => expect(page.textContent).toBe('1'))
    sources[0]?.send('note', '{"id":2}', 'e-1')
    await nextTick()
    expect(page.textContent).toBe('1,2')
    app.unmount()
  })

  it('a component that waited for something else keeps what its setup has begun before', async () => {
    const { EventSource, sources } = scriptEventSource()
    const sse = createSse({ url: 'http://events.example/', EventSource, batch: false })
    const heard: unknown[] = []
    const component = {
      async setup() {
        useSseEvent('note', (data) => heard.push(data))
        await Promise.resolve()
        return () => h('p')
      },
    }
    const app = createApp({ render: () => h(Suspense, null, { default: () => h(component) }) })
    app.use(sse).mount(document.createElement('main'))
    await vi.waitFor(() => expect(sources).toHaveLength(1))
    sources[0]?.open()
    sources[0]?.send('note', '1')
    expect(heard).toEqual([1])
    app.unmount()
    expect(sources[0]?.readyState).toBe(2)
  })

  it('reloads and rerenders components by the runtime of Vue: one connection, one handler, one list', async () => {
    const { createRecord, reload } = (globalThis as unknown as { __VUE_HMR_RUNTIME__: HmrRuntime })
      .__VUE_HMR_RUNTIME__
    const { EventSource, sources } = scriptEventSource()
    const sse = createSse({ url: 'http://events.example/', EventSource, batch: false })
    const heard: unknown[] = []
    const load = vi.fn(() => [])
    const component = (text: string) => ({
      __hmrId: 'list',
      setup() {
        useSseChannel('room')
        useSseEvent('note', (data) => heard.push([text, data]))
        const { items } = useSseList<{ id: number }>({ key: 'id', load, events: { note: 'put' } })
        return () => h('p', `${text} ${items.value.length}`)
      },
    })
    const first = component('first')
    createRecord('list', first)
    const page = document.createElement('main')
    const app = createApp({ render: () => h(first) }).use(sse)
    app.mount(page)
    await vi.waitFor(() => expect(sources).toHaveLength(1))
    sources[0]?.open()
    sources[0]?.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":null}', 'e-0')
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(1))
    reload('list', component('second'))
    await vi.waitFor(() => expect(load).toHaveBeenCalledTimes(2))
    sources[0]?.send('note', '{"id":1}', 'e-1')
    await vi.waitFor(() => expect(page.textContent).toBe('second 1'))
    expect(heard).toEqual([['second', { id: 1 }]])
    expect(sources).toHaveLength(1)
    app.unmount()
  })
})

/** What Vite's plugin calls when a component was edited. */
interface HmrRuntime {
  createRecord(id: string, component: object): boolean
  reload(id: string, component: object): void
}
