import { createServer, type ServerResponse } from 'node:http'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** A bare response of `node:http` held open. */
export default async function start(): Promise<Running> {
  const open = new Set<ServerResponse>()
  const server = createServer((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }).write(':\n\n')
    open.add(res)
  })
  return { port: await listening(server), publish: () => {}, streams: () => open.size }
}
