import { createServer } from 'node:http'
import express, { type Response } from 'express'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** The loop that most tutorials show: a list of responses, and each is written its own text. */
export default async function start(): Promise<Running> {
  const app = express()
  let clients: { id: number; res: Response }[] = []
  let last = 0
  app.get('/events', (_req, res) => {
    res.writeHead(200, {
      'Content-Type': 'text/event-stream',
      Connection: 'keep-alive',
      'Cache-Control': 'no-cache',
    })
    res.flushHeaders()
    const id = ++last
    clients.push({ id, res })
    res.on('close', () => {
      clients = clients.filter((client) => client.id !== id)
    })
  })
  return {
    port: await listening(createServer(app)),
    publish: (turn) => {
      for (const event of turn) {
        for (const { res } of clients) res.write(`data: ${JSON.stringify(event)}\n\n`)
      }
    },
    streams: () => clients.length,
  }
}
