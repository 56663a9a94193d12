/** Serves the bundled page with its stream, opens it, and tells what it shows, what it loaded and what it complained of. */
import { once } from 'node:events'
import { channels, createHub, sse } from '@sse/express'
import express from 'express'
import { JSDOM, VirtualConsole } from 'jsdom'

const hub = createHub()
const app = express()
const scripts = []
app.use(sse({ hub, authorize: () => true }))
app.get('/', (_req, res) => {
  res.send('<!doctype html><div id="app"></div><script src="/main.js" defer></script>')
})
app.get('/events', (_req, res) => {
  res.sse.subscribe('news')
  hub.publish('news', { title: 'Hi' }, { event: 'notification' })
})
app.post(
  '/events',
  (_req, res, next) => {
    res.on('finish', () => hub.publish('weather', { title: 'Sunny' }, { event: 'notification' }))
    next()
  },
  channels(hub),
)
app.use((req, _res, next) => {
  scripts.push(req.path.slice(1))
  next()
})
app.use(express.static('built'))
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')

const said = []
const virtualConsole = new VirtualConsole()
for (const level of ['warn', 'error', 'jsdomError']) {
  virtualConsole.on(level, (...words) => said.push(words.map(String).join(' ')))
}
const { window } = await JSDOM.fromURL(`http://127.0.0.1:${server.address().port}/`, {
  ...{ resources: 'usable', runScripts: 'dangerously', pretendToBeVisual: true, virtualConsole },
  beforeParse(page) {
    // Every browser has them; jsdom does not.
    Object.assign(page, {
      fetch: fetchFor,
      MessageChannel,
      ReadableStream,
      TextDecoderStream,
      TransformStream,
    })
  },
})
// Vue 2.7 puts its own element in the place of the one it is mounted on.
const text = () => window.document.body.textContent
await new Promise((resolve) => {
  // A page that never gets there is told as it is: what it shows says more than that the time is over.
  setTimeout(resolve, 20_000).unref()
  const observer = new window.MutationObserver(() => text().includes('Sunny') && resolve())
  observer.observe(window.document, { childList: true, characterData: true, subtree: true })
})
console.log(JSON.stringify({ text: text(), scripts, said }))
window.close()
await hub.close()
server.closeAllConnections()
server.close()

/** Node's `fetch`, which does not take the signals of another window. */
function fetchFor(url, { signal, ...init } = {}) {
  const controller = new AbortController()
  signal?.addEventListener('abort', () => controller.abort(signal.reason))
  return fetch(url, { ...init, signal: controller.signal })
}
