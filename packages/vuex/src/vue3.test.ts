// @vitest-environment jsdom

import { scriptEventSource } from '@sse/client/testing'
import { describe, expect, it } from 'vitest'
import { createApp, effectScope, h, nextTick, ref } from 'vue'
import { createStore } from 'vuex'
import { describePair, type TestStore } from '../test/suite.ts'
import { createSse, useSse, useSseEvent } from './index.ts'

describe('Vue 3 and Vuex 4', () => {
  describePair({
    createStore: (options) => createStore(options) as unknown as TestStore,
    mount(component, store, plugin) {
      const page = document.createElement('main')
      const app = createApp(component)
        .use(store as never)
        .use(plugin)
      app.mount(page)
      return { text: () => page.textContent ?? '', unmount: () => app.unmount() }
    },
    h: h as (tag: unknown, text?: string) => unknown,
    nextTick,
    ref: ref as <Value>(value: Value) => { value: Value },
    effectScope,
  })

  it('takes a double of $sse for all components of an app', () => {
    const sse = createSse({ url: 'http://events.example/' })
    const app = createApp({ render: () => h('p', app.config.globalProperties.$sse.status) })
    app.use(createStore({ plugins: [sse] })).use(sse)
    Object.assign(app.config.globalProperties, { $sse: { status: 'a double' } })
    const page = document.createElement('main')
    app.mount(page)
    expect(page.textContent).toBe('a double')
    app.unmount()
  })

  it('reloads and rerenders components by the runtime of Vue: one connection, one handler', async () => {
    const { createRecord, reload, rerender } = (globalThis as unknown as { __VUE_HMR_RUNTIME__: HmrRuntime })
      .__VUE_HMR_RUNTIME__
    const { EventSource, sources } = scriptEventSource()
    const sse = createSse({ url: 'http://events.example/', EventSource, batch: false })
    const store = createStore({ strict: true, plugins: [sse] })
    const heard: unknown[] = []
    const component = (text: string) => ({
      __hmrId: 'a',
      setup() {
        useSse().connect()
        useSseEvent('note', (data) => heard.push([text, data]))
        return {}
      },
      render: () => h('p', text),
    })
    const first = component('first')
    createRecord('a', first)
    const page = document.createElement('main')
    const app = createApp({ render: () => h(first) })
      .use(store)
      .use(sse)
    app.mount(page)
    sources[0]?.open()
    rerender('a', () => h('p', 'again'))
    await nextTick()
    expect(page.textContent).toBe('again')
    reload('a', component('second'))
    await nextTick()
    expect(page.textContent).toBe('second')
    sources[0]?.send('note', '1')
    expect(heard).toEqual([['second', 1]])
    expect(sources).toHaveLength(1)
    app.unmount()
  })
})

/** What Vite's plugin calls when a component was edited. */
interface HmrRuntime {
  createRecord(id: string, component: object): boolean
  rerender(id: string, render: () => unknown): void
  reload(id: string, component: object): void
}
