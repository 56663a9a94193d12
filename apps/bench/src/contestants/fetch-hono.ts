import { createAdaptorServer } from '@hono/node-server'
import { createHub, sse } from '@sse/fetch'
import { Hono } from 'hono'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** `hub.publish` to responses that Hono's Node server writes, all at its defaults. */
export default async function start(): Promise<Running> {
  const hub = createHub()
  const open = sse({ hub })
  const app = new Hono()
  app.get('/events', (c) => open(c.req.raw, (stream) => void stream.subscribe('load')))
  return {
    port: await listening(createAdaptorServer({ fetch: app.fetch })),
    publish: (turn) => Promise.all(turn.map((event) => hub.publish('load', event))),
    streams: () => hub.streams.size,
  }
}
