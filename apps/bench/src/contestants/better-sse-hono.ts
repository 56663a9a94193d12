import { createAdaptorServer } from '@hono/node-server'
import { createChannel, createResponse } from 'better-sse'
import { Hono } from 'hono'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** A channel's `broadcast` to the responses of `createResponse`, as its README shows it. The keep-alive is as frequent as our heartbeat. */
export default async function start(): Promise<Running> {
  const channel = createChannel()
  const app = new Hono()
  app.get('/events', (c) =>
    createResponse(c.req.raw, { keepAlive: 15_000 }, (session) => void channel.register(session)),
  )
  return {
    port: await listening(createAdaptorServer({ fetch: app.fetch })),
    publish: (turn) => {
      for (const event of turn) channel.broadcast(event)
    },
    streams: () => channel.sessionCount,
  }
}
