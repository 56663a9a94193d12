import { createRequire } from 'node:module'
import { describe, vi } from 'vitest'
import vue2, { h } from 'vue2'
import Vuex from 'vuex3'
import { describeServerRender } from '../test/server-render.ts'
import type { TestStore } from '../test/suite.ts'

vi.mock('vue', () => import('vue2'))

/** The build that does not look for a `vue` of its own version: here that name is Vue 3. */
const { createRenderer } = createRequire(import.meta.url)('vue-server-renderer/build.dev.js') as {
  createRenderer(): { renderToString(app: object): Promise<string> }
}

/** The default export: its types say that it lies one level deeper. */
const Vue = vue2 as unknown as typeof vue2.default

describe('Vue 2.7 and Vuex 3', () => {
  Vue.config.productionTip = false
  Vue.config.devtools = false
  Vue.use(Vuex as unknown as { install(): void })

  describeServerRender({
    createStore: (options) => new Vuex.Store(options) as unknown as TestStore,
    render(component, store, plugin) {
      Vue.use(plugin)
      return createRenderer().renderToString(new Vue({ ...component, store } as object))
    },
    h,
  })
})
