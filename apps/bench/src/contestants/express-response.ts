import { createServer } from 'node:http'
import express, { type Response } from 'express'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** The headers of a stream of ours. */
const head = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
  Vary: 'Accept',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
}

/** A bare Express response held open, with a comment: what any stream on Express needs at the least. */
export default async function start(): Promise<Running> {
  const app = express()
  const open = new Set<Response>()
  app.get('/events', (_req, res) => {
    res.writeHead(200, head).write(':\n\n')
    open.add(res)
  })
  return { port: await listening(createServer(app)), publish: () => {}, streams: () => open.size }
}
