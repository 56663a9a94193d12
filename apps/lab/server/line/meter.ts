import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Reading } from '../../shared/lab.ts'

/** Counts what goes over the connections of one server. */
export interface Meter {
  /** Since the start, or the last reset. */
  read(): Reading
  reset(): void
}

/**
 * Bytes as the server's own sockets count them: request lines, headers, chunk and frame marks, all of HTTP and WebSocket; not what TCP and IP add. To be
 * called once the server has its listeners, before it listens.
 */
export function createMeter(server: Server): Meter {
  const open = new Set<Socket>()
  const closed = { bytesIn: 0, bytesOut: 0 }
  const start = { bytesIn: 0, bytesOut: 0, requests: 0, notModified: 0 }
  let requests = 0
  let notModified = 0

  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => {
      open.delete(socket)
      closed.bytesIn += socket.bytesRead
      closed.bytesOut += socket.bytesWritten
    })
  })
  const count = () => {
    requests += 1
  }
  server.on('request', (_req: IncomingMessage, res: ServerResponse) => {
    count()
    res.once('finish', () => {
      if (res.statusCode === 304) notModified += 1
    })
  })
  // With a listener of its own a server without WebSockets would leave those who ask for one hanging.
  if (server.listenerCount('upgrade') > 0) server.on('upgrade', count)

  function totals() {
    const sum = { ...closed, requests, notModified }
    for (const socket of open) {
      sum.bytesIn += socket.bytesRead
      sum.bytesOut += socket.bytesWritten
    }
    return sum
  }

  return {
    read() {
      const total = totals()
      return {
        requests: total.requests - start.requests,
        notModified: total.notModified - start.notModified,
        connections: open.size,
        bytesIn: total.bytesIn - start.bytesIn,
        bytesOut: total.bytesOut - start.bytesOut,
      }
    },
    reset: () => void Object.assign(start, totals()),
  }
}
