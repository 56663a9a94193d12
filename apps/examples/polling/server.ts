import { join } from 'node:path'
import { createHub, sse } from '@sse/express'
import express from 'express'
import { listen } from '../listen.ts'

/** Milliseconds between two notifications. */
const interval = Number(process.env['INTERVAL'] ?? 3_000)

const hub = createHub()
const app = express()
app.use(sse({ hub }))

// One route for both: who asks for `text/event-stream` gets a stream, who asks for `application/json` is told what is new.
app.get('/events', (_req, res) => void res.sse.subscribe('news'))

let number = 0
setInterval(() => hub.publish('news', { number: ++number }, { event: 'notification' }), interval)

app.use((_req, res) => res.sendFile(join(import.meta.dirname, 'index.html')))
listen(app)
