import { createHub, sse } from '@sse/express'
import express from 'express'
import { listen } from '../listen.ts'
import { page } from '../page.ts'

const hub = createHub()
const app = express()
app.use(sse({ hub }))
app.get('/events', (_req, res) => void res.sse.subscribe('room'))

app.post('/messages', express.json(), async (req, res) => {
  await hub.publish('room', req.body, { event: 'message' })
  res.sendStatus(204)
})

app.post('/typing', express.json(), async (req, res) => {
  // A moment later it is worthless. So it is in no log, is not replayed, and is skipped for readers that are behind.
  await hub.publish('room', req.body, { event: 'typing', volatile: true })
  res.sendStatus(204)
})

app.use(await page(import.meta.dirname, 'Typing'))
listen(app)
