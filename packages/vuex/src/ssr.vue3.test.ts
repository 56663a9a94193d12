import { describe } from 'vitest'
import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { createStore } from 'vuex'
import { describeServerRender } from '../test/server-render.ts'
import type { TestStore } from '../test/suite.ts'

describe('Vue 3 and Vuex 4', () => {
  describeServerRender({
    createStore: (options) => createStore(options) as unknown as TestStore,
    render: (component, store, plugin) =>
      renderToString(
        createSSRApp(component)
          .use(store as never)
          .use(plugin),
      ),
    h,
  })
})
