import { createServer } from 'node:http'
import express, { type Response } from 'express'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** The same loop by someone who knows what it costs: encoded once, and the same bytes to all. */
export default async function start(): Promise<Running> {
  const app = express()
  const clients = new Set<Response>()
  app.get('/events', (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
    res.flushHeaders()
    clients.add(res)
    res.on('close', () => clients.delete(res))
  })
  return {
    port: await listening(createServer(app)),
    publish: (turn) => {
      for (const event of turn) {
        const bytes = Buffer.from(`data: ${JSON.stringify(event)}\n\n`)
        for (const res of clients) res.write(bytes)
      }
    },
    streams: () => clients.size,
  }
}
