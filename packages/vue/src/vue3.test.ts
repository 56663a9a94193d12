// @vitest-environment jsdom
import { describe } from 'vitest'
import { createApp, h, KeepAlive, nextTick, ref, watch } from 'vue'
import { describeVue } from '../test/suite.ts'

describe('Vue 3', () => {
  describeVue({
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
  })
})
