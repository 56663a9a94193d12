import { describe } from 'vitest'
import { createRenderer, createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { describeServerRender } from '../test/server-render.ts'

interface Node {
  parent: Node | null
}

/** Renders into nothing: there is no document. */
const renderer = createRenderer<Node, Node>({
  insert(node, parent) {
    node.parent = parent
  },
  remove() {},
  createElement: () => ({ parent: null }),
  createText: () => ({ parent: null }),
  createComment: () => ({ parent: null }),
  setText() {},
  setElementText() {},
  patchProp() {},
  parentNode: ({ parent }) => parent,
  nextSibling: () => null,
})

describe('Vue 3', () => {
  describeServerRender({
    createApp: (component, sse) => createSSRApp(component).use(sse),
    render: (app) => renderToString(app as never),
    mount(component, sse) {
      const app = renderer.createApp(component).use(sse)
      app.mount({ parent: null })
      return { unmount: () => app.unmount() }
    },
    h: h as (tag: string, text: string) => unknown,
  })
})
