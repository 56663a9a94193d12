/** The page in a browser. What it shows first makes it want more: that takes a part of the client that is loaded only then. */
import { createPages, mount } from './app.js'

const { app, store } = createPages('/events')()
mount(app)
store.watch(
  ({ titles }) => titles.length,
  (count) => {
    if (count === 1) store.dispatch('sse/subscribe', 'weather')
  },
)
store.dispatch('sse/connect')
