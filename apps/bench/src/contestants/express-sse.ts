import { createServer } from 'node:http'
import express from 'express'
import SSE from 'express-sse'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/**
 * `sse.send`, as its README shows it. Without initial content, and with `isSerialized: false`, so that a connect writes to nobody else; the
 * head, which it leaves until the first event, is sent at once, since the load waits for it.
 */
export default async function start(): Promise<Running> {
  const sse = new SSE([], { isSerialized: false })
  const app = express()
  app.get('/events', (req, res) => {
    sse.init(req, res)
    res.flushHeaders()
  })
  return {
    port: await listening(createServer(app)),
    publish: (turn) => {
      for (const event of turn) sse.send(event)
    },
    streams: () => sse.listenerCount('data'),
  }
}
