import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

/** The broadcast of its README; the message is serialised once, as it shows. Compression is off, which is its default. */
export default async function start(): Promise<Running> {
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  return {
    port: await listening(server),
    publish: (turn) => {
      for (const event of turn) {
        const message = JSON.stringify(event)
        for (const client of sockets.clients) {
          if (client.readyState === WebSocket.OPEN) client.send(message)
        }
      }
    },
    streams: () => sockets.clients.size,
  }
}
