import { createServer } from 'node:http'
import { createChannel, createSession } from 'better-sse'
import express from 'express'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** A channel's `broadcast`, as its guide shows it. The keep-alive is as frequent as our heartbeat. */
export default async function start(): Promise<Running> {
  const channel = createChannel()
  const app = express()
  app.get('/events', async (req, res) => {
    channel.register(await createSession(req, res, { keepAlive: 15_000 }))
  })
  return {
    port: await listening(createServer(app)),
    publish: (turn) => {
      for (const event of turn) channel.broadcast(event)
    },
    streams: () => channel.sessionCount,
  }
}
