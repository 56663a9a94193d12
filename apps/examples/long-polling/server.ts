import { join } from 'node:path'
import { createHub, sse } from '@sse/express'
import express from 'express'
import { listen } from '../listen.ts'

/** Milliseconds between two notifications. */
const interval = Number(process.env['INTERVAL'] ?? 3_000)

const hub = createHub()
const app = express()
app.use(sse({ hub }))

// Nothing more than for polling. A client that says `Prefer: wait=25` (RFC 7240) is answered when there is something to tell,
// or after 25 seconds, before proxies lose their patience. Who leaves meanwhile is forgotten.
app.get('/events', (_req, res) => void res.sse.subscribe('news'))

let number = 0
setInterval(() => hub.publish('news', { number: ++number }, { event: 'notification' }), interval)

app.use((_req, res) => res.sendFile(join(import.meta.dirname, 'index.html')))
listen(app)
