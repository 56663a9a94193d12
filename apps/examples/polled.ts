import { createHub, sse } from '@sse/express'
import express, { type Express } from 'express'

/** What the two examples without a stream ask: one notification per interval, and a route that tells what is new since a position. */
export function polledApp(): Express {
  /** Milliseconds between two notifications. */
  const interval = Number(process.env['INTERVAL'] ?? 3_000)
  const hub = createHub()
  const app = express()
  app.use(sse({ hub }))

  // One route for both: a client that accepts `text/event-stream` gets a stream, one that accepts `application/json` gets the new events.
  app.get('/events', (_req, res) => {
    res.sse.subscribe('news')
  })

  let number = 0
  setInterval(() => hub.publish('news', { number: ++number }, { event: 'notification' }), interval)
  return app
}
