import { createRenderer } from 'vue-server-renderer'

const renderer = createRenderer()
export const renderToString = (app) => renderer.renderToString(app)
