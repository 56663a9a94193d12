import { createServer } from 'node:http'
import { createHub, sse } from '@sse/fetch'
import { H3 } from 'h3'
import { toNodeHandler } from 'h3/node'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** `hub.publish` to responses that h3's Node server (srvx) writes, all at its defaults. */
export default async function start(): Promise<Running> {
  const hub = createHub()
  const open = sse({ hub })
  const app = new H3()
  app.get('/events', (event) => open(event.req, (stream) => void stream.subscribe('load')))
  return {
    port: await listening(createServer(toNodeHandler(app) as Parameters<typeof createServer>[1])),
    publish: (turn) => Promise.all(turn.map((event) => hub.publish('load', event))),
    streams: () => hub.streams.size,
  }
}
