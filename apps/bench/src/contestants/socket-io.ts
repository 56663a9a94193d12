import { createServer } from 'node:http'
import { Server } from 'socket.io'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** `io.emit` over WebSocket alone, which is its cheapest transport; no pings, which the load would have to answer. */
export default async function start(): Promise<Running> {
  const server = createServer()
  const io = new Server(server, { transports: ['websocket'], pingInterval: 3_600_000, serveClient: false })
  return {
    port: await listening(server),
    publish: (turn) => {
      for (const event of turn) io.emit('message', event)
    },
    streams: () => io.of('/').sockets.size,
  }
}
