import { createServer } from 'node:http'
import express, { type Response } from 'express'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** A bare Express response held open: what any stream on Express needs at the least. */
export default async function start(): Promise<Running> {
  const app = express()
  const open = new Set<Response>()
  app.get('/events', (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }).write(':\n\n')
    open.add(res)
  })
  return { port: await listening(createServer(app)), publish: () => {}, streams: () => open.size }
}
