/**
 * A server that renders: a store for every request, one plugin for all. Tells the pages, how many streams were opened, and how many
 * stores are still held when all is done. The process has to end by itself. Needs `--expose-gc`, and `NODE_ENV=production`: until
 * then the devtools of Vue keep every app that there was.
 */
import { once } from 'node:events'
import { createHub, sse } from '@sse/express'
import express from 'express'
import { createPages } from './app.js'
import { renderToString } from './renderer.js'

const hub = createHub()
const server = express()
let streams = 0
server.use(sse({ hub }))
server.get('/events', (_req, res) => {
  streams++
  res.sse.subscribe('news')
})
const stores = []
server.get('/:title', async (req, res) => {
  const { app, store } = createPage()
  stores.push(new WeakRef(store))
  store.commit('add', { title: req.params.title })
  await store.dispatch('sse/connect', { lastEventId: hub.position })
  const html = await renderToString(app)
  res.json({ html, state: store.state })
})
const listening = server.listen(0, '127.0.0.1')
await once(listening, 'listening')
const origin = `http://127.0.0.1:${listening.address().port}`
const createPage = createPages(`${origin}/events`)

const titles = Array.from({ length: 20 }, (_, index) => `Request ${index}`)
const answers = await Promise.all(titles.map((title) => fetch(`${origin}/${title}`)))
const pages = await Promise.all(answers.map((answer) => answer.json()))
await hub.close()
listening.close()

const held = () => stores.filter((store) => store.deref()).length
for (let round = 0; round < 20 && held() > 0; round++) {
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc()
}
console.log(JSON.stringify({ pages, streams, held: held() }))
