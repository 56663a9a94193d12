// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest'
import vue2, { effectScope, h, nextTick, ref } from 'vue2'
import Vuex from 'vuex3'
import { describePair, type TestStore } from '../test/suite.ts'
import { createSse } from './index.ts'

vi.mock('vue', () => import('vue2'))

/** The default export: its types say that it lies one level deeper. */
const Vue = vue2 as unknown as typeof vue2.default

/** Vue 2.7 wants plugins to be typed by its own types, which in one workspace with Vue 3 not even Vuex 3 can be. */
const asPlugin = (plugin: object) => plugin as { install(): void }

describe('Vue 2.7 and Vuex 3', () => {
  Vue.config.productionTip = false
  Vue.config.devtools = false
  Vue.use(asPlugin(Vuex))

  describePair({
    createStore: (options) => new Vuex.Store(options) as unknown as TestStore,
    mount(component, store, plugin) {
      Vue.use(plugin)
      const app = new Vue({ ...component, store } as object).$mount()
      return { text: () => app.$el.textContent ?? '', unmount: () => app.$destroy() }
    },
    h: h as (tag: unknown, text?: string) => unknown,
    nextTick,
    ref: ref as <Value>(value: Value) => { value: Value },
    effectScope,
  })

  it('takes a double of $sse for all components of an extended Vue', () => {
    Vue.use(createSse({ url: 'http://events.example/' }))
    const Extended = Vue.extend()
    Object.assign(Extended.prototype, { $sse: { status: 'a double' } })
    const app = new Extended({
      render(this: { $sse: { status: string } }) {
        return h('p', this.$sse.status)
      },
    } as object)
    expect(app.$mount().$el.textContent).toBe('a double')
  })
})
