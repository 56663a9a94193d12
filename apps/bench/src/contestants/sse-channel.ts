import { createServer } from 'node:http'
import express from 'express'
import SseChannel from 'sse-channel'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** `channel.send`, as its README shows it, without ids: no history has to be kept then. The ping is as frequent as our heartbeat. */
export default async function start(): Promise<Running> {
  const channel = new SseChannel({ jsonEncode: true, pingInterval: 15_000 })
  const app = express()
  app.get('/events', (req, res) => channel.addClient(req, res))
  return {
    port: await listening(createServer(app)),
    publish: (turn) => {
      for (const event of turn) channel.send({ data: event })
    },
    streams: () => channel.getConnectionCount(),
  }
}
