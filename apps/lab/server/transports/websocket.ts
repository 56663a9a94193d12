import type { IncomingMessage } from 'node:http'
import { type AllowedHosts, createServerFor } from '@sse/kit'
import { WebSocket, WebSocketServer } from 'ws'
import { transportPath } from '../../shared/lab.ts'
import { isOfThisHost } from './other-ports.ts'
import type { Transport } from './transport.ts'

/** Milliseconds between two pings. A client that has not answered the last one is gone. */
const heartbeat = 15_000

/** A plain WebSocket by `ws`: clients that are connected get the event. */
export function createWebSocket(allowedHosts: AllowedHosts): Transport {
  const server = createServerFor(allowedHosts, (_req, res) =>
    res.writeHead(426, { Upgrade: 'websocket' }).end(),
  )
  const sockets = new WebSocketServer({
    server,
    path: transportPath.websocket,
    verifyClient: ({ req }: { req: IncomingMessage }) => isOfThisHost(req),
    // Nothing is expected from clients but answers to pings.
    maxPayload: 1024,
  })
  const answered = new WeakSet<WebSocket>()

  sockets.on('connection', (socket) => {
    answered.add(socket)
    socket.on('pong', () => answered.add(socket))
    // 'close' follows.
    socket.on('error', () => {})
  })

  const timer = setInterval(() => {
    for (const socket of sockets.clients) {
      if (!answered.delete(socket)) socket.terminate()
      else socket.ping()
    }
  }, heartbeat)

  return {
    server,
    publish(event) {
      const text = JSON.stringify(event)
      for (const socket of sockets.clients) if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    async close() {
      clearInterval(timer)
      for (const socket of sockets.clients) socket.close(1001)
      sockets.close()
    },
  }
}
