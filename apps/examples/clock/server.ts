import { sse } from '@sse/express'
import express from 'express'
import { listen } from '../listen.ts'
import { page } from '../page.ts'

/** Milliseconds between two times. */
const interval = Number(process.env['INTERVAL'] ?? 5_000)

const app = express()
app.use(sse())

app.get('/events', (_req, res) => {
  // Pages of every origin may read this: a clock is no secret. Where cookies count it must be the one origin, and
  // `Access-Control-Allow-Credentials: true` with it. `res.sse` refuses pages of other sites (403) that CORS does not
  // let read the response, so that they cannot hold streams open with a visitor's cookies either.
  res.set('Access-Control-Allow-Origin', '*')

  // `send`, not `publish`: a time that has passed is of no use to anybody, so nothing is logged or replayed. The page
  // knows its reader's language and time zone, the server does not: it sends the moment, not words for it.
  const tick = () => res.sse.send(new Date().toISOString())
  tick()
  const timer = setInterval(tick, interval)
  // Not `req.on('close')`, which is about the request: in Node 16 and later it may come as soon as that has been read.
  res.sse.signal.addEventListener('abort', () => clearInterval(timer))
})

// The same without CORS headers: for pages of this origin only.
app.get('/private/events', (_req, res) => void res.sse.send(new Date().toISOString()))

app.use(await page(import.meta.dirname, 'Clock'))
listen(app)
