import { createServer } from 'node:http'
import { createHub, sse } from '@sse/express'
import express from 'express'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** `hub.publish`, as the README shows it: memory broker, ids, window, heartbeat, limits on slow readers, all at their defaults. */
export default async function start(): Promise<Running> {
  const hub = createHub()
  const app = express()
  app.use(sse({ hub }))
  app.get('/events', (_req, res) => void res.sse.subscribe('load'))
  return {
    port: await listening(createServer(app)),
    publish: (turn) => Promise.all(turn.map((event) => hub.publish('load', event))),
    streams: () => hub.streams.size,
  }
}
