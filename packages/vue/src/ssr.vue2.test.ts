import { createRequire } from 'node:module'
import { describe, vi } from 'vitest'
import vue2, { h } from 'vue2'
import { describeServerRender } from '../test/server-render.ts'
import type { createSse } from './index.ts'

vi.mock('vue', () => import('vue2'))

/** The build that does not look for a `vue` of its own version: here that name is Vue 3. */
const { createRenderer } = createRequire(import.meta.url)('vue-server-renderer/build.dev.js') as {
  createRenderer(): { renderToString(app: object): Promise<string> }
}

/** The default export: its types say that it lies one level deeper. */
const Vue = vue2 as unknown as typeof vue2.default

/** Each app of the suite has a constructor of its own, because plugins are for all apps of one. */
function create(component: object, sse: ReturnType<typeof createSse>) {
  const Own = Vue.extend()
  Object.assign((Own as unknown as { options: object }).options, { _base: Own })
  sse.install(Own as never)
  return new Own(component)
}

describe('Vue 2.7', () => {
  Vue.config.productionTip = false
  Vue.config.devtools = false

  describeServerRender({
    createApp: create,
    render: (app) => createRenderer().renderToString(app),
    mount(component, sse) {
      // Only its `setup` runs: there is no document.
      const app = create(component, sse)
      return { unmount: () => app.$destroy() }
    },
    h: h as (tag: string, text: string) => unknown,
  })
})
