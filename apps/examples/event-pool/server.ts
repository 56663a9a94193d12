import { sse } from '@sse/express'
import express from 'express'
import { listen } from '../listen.ts'
import { page } from '../page.ts'

interface PoolEvent {
  /** The topic: what EventSource calls the name of an event. Without one it is a `message`. */
  readonly topic?: 'notification' | 'ping'
  readonly data: unknown
}

/** Milliseconds between two events. */
const interval = Number(process.env['INTERVAL'] ?? 3_000)

const morning: readonly PoolEvent[] = [
  { data: { text: 'The pool is open' } },
  { topic: 'notification', data: { text: 'Mina wrote to you' } },
  { topic: 'ping', data: { text: 'Are you there?' } },
  { topic: 'notification', data: { text: 'The build is\ngreen again' } },
  { data: { text: 'The pool is empty' } },
]
let pool = [...morning]

const app = express()
// `retry`: milliseconds after which a browser comes back when the connection breaks. Sent before the first event.
app.use(sse({ retry: interval }))

app.get('/events', (_req, res) => {
  // Headers, flushing, JSON and the empty line after an event are the business of `res.sse`. By hand little things go wrong:
  // `event: notification \n` is an event nobody listens for, because the space before the end of the line is part of its name.
  // Each event is taken when it is sent, so that nothing is lost when the client leaves. `shift`: first in, first out.
  const timer = setInterval(() => {
    const event = pool.shift()
    if (!event) {
      // Ending the response alone would not do: the browser would be back after `retry`. This also tells it to stay away.
      res.sse.close({ reconnect: false })
    } else if (event.topic) {
      res.sse.send(event.data, { event: event.topic })
    } else {
      res.sse.send(event.data)
    }
  }, interval)
  // Aborted at every end: the client left, the network broke, `close` was called.
  res.sse.signal.addEventListener('abort', () => {
    clearInterval(timer)
    console.log(`A stream has ended (${res.sse.signal.reason.code}), ${pool.length} events are left`)
  })
  // Opens the stream at once: the page should not look unconnected until the first event.
  res.sse.comment('welcome')
})

// There is one pool: two readers share its events, as workers share a queue. Where everybody shall get every event,
// subscribe them to a channel of a hub and publish to it.
app.post('/pool', (_req, res) => {
  pool = [...morning]
  res.sendStatus(204)
})

app.use(await page(import.meta.dirname, 'Event pool'))
listen(app)
