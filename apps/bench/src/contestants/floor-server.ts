import { createServer, type Socket } from 'node:net'
import type { BenchEvent } from '../event.ts'
import type { Running } from './contestant.ts'
import { listening } from './listening.ts'

const head =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\n'

/** A bare `net` server: it takes whatever comes first for a request, answers a head and keeps the socket. */
export async function startFloor(
  write: (turn: readonly BenchEvent[], sockets: ReadonlySet<Socket>) => void,
): Promise<Running> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.once('data', () => {
      socket.write(head)
      sockets.add(socket)
    })
  })
  return {
    port: await listening(server),
    publish: (turn) => write(turn, sockets),
    streams: () => sockets.size,
  }
}
