import { createHub, sse } from '@sse/express'
import express from 'express'
import { listen } from '../listen.ts'
import { page } from '../page.ts'

/** Milliseconds between two signs of life, and until a browser comes back. The defaults are those of the packages. */
const heartbeat = Number(process.env['HEARTBEAT'] ?? 15_000)
const retry = Number(process.env['RETRY'] ?? 2_000)

const hub = createHub({ heartbeat })
const app = express()
app.use(sse({ hub, retry }))

app.get('/events', (_req, res) => void res.sse.subscribe('news'))
app.post('/news', express.text(), async (req, res) => {
  res.json(await hub.publish('news', req.body, { event: 'news' }))
})
/** How many streams are open, and on which connection of the proxy the request came. */
app.all('/status', (req, res) => {
  res.json({ streams: hub.streams.size, connection: req.socket.remotePort })
})

app.use(await page(import.meta.dirname, 'Behind a proxy'))
const server = listen(app)

// Streams first, since an open one keeps the server from closing. Their clients come back, each at another time, and find the
// next one, or the proxy which tells them to wait.
process.once('SIGTERM', async () => {
  server.close()
  await hub.close({ retry: [retry, 2 * retry] })
})
