// @vitest-environment jsdom

import { scriptEventSource } from '@sse/client/testing'
import { describe, expect, it } from 'vitest'
import { createApp, h, nextTick } from 'vue'
import { createStore } from 'vuex'
import { describePair, type TestStore } from '../test/suite.ts'
import { createSse } from './index.ts'

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
    h,
    nextTick,
  })

  it('closes the connection with the last app that shows the store', () => {
    const { EventSource, sources } = scriptEventSource()
    const sse = createSse({ url: 'http://events.example/', EventSource })
    const store = createStore({ plugins: [sse] })
    const apps = [1, 2].map(() =>
      createApp({ render: () => null })
        .use(store)
        .use(sse),
    )
    for (const app of apps) app.mount(document.createElement('main'))
    store.dispatch('sse/connect')
    apps[0]?.unmount()
    expect(sources[0]?.readyState).toBe(0)
    apps[1]?.unmount()
    expect(sources[0]?.readyState).toBe(2)
  })
})
