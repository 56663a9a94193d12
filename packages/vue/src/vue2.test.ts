// @vitest-environment jsdom
import { describe, vi } from 'vitest'
import vue2, { h, nextTick, ref, watch } from 'vue2'
import { describeMistakes } from '../test/mistakes.ts'
import { describeVue, type VueKit } from '../test/suite.ts'

vi.mock('vue', () => import('vue2'))

/** The default export: its types say that it lies one level deeper. */
const Vue = vue2 as unknown as typeof vue2.default

describe('Vue 2.7', () => {
  Vue.config.productionTip = false
  Vue.config.devtools = false

  const kit: VueKit = {
    mount(component, ...plugins) {
      // Each app of the suite has a constructor of its own, because plugins are for all apps of one.
      const Own = Vue.extend()
      Object.assign((Own as unknown as { options: object }).options, { _base: Own })
      for (const plugin of plugins) plugin.install(Own as never)
      const app = new Own(component as object).$mount()
      return { text: () => app.$el.textContent ?? '', unmount: () => app.$destroy() }
    },
    h: h as (tag: unknown, children?: unknown) => unknown,
    nextTick,
    ref: ref as <Value>(value: Value) => { value: Value },
    watch: watch as never,
    KeepAlive: 'keep-alive',
  }
  describeVue(kit)
  describeMistakes(kit)
})
