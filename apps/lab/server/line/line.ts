import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Pipe, pipeLate } from './pipe.ts'

export interface LineOptions {
  /** The port on 127.0.0.1 of the server behind it. */
  readonly target: number
  /** Milliseconds that a byte takes longer than it would, in each direction. Asked for every piece. */
  readonly latency: () => number
}

/** A TCP line to a server that can be made long and cut: real connections, real bytes, late. */
export interface Line {
  /** @returns the port */
  listen(port: number, host?: string): Promise<number>
  /** Breaks every connection, and each new one at once, until it is mended. */
  cut(): void
  mend(): void
  /** Bytes that are on their way. */
  readonly held: number
  /** Takes no new connection, and breaks those that have not ended in {@link patience}. */
  close(): Promise<void>
}

/** More than the largest crowd and many pages need. Further connections are refused. */
const mostConnections = 1_000

/** How long the ends of connections may take in ms, once the server behind has closed them. */
const patience = 500

interface Connection {
  readonly sockets: readonly [Socket, Socket]
  readonly pipes: readonly [Pipe, Pipe]
}

export function createLine({ target, latency }: LineOptions): Line {
  const connections = new Set<Connection>()
  let isCut = false

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    if (isCut) {
      near.on('error', () => {})
      near.resetAndDestroy()
      return
    }
    const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const connection: Connection = {
      sockets: [near, far],
      pipes: [pipeLate(near, far, latency), pipeLate(far, near, latency)],
    }
    connections.add(connection)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      // 'close' follows and says all there is to say.
      socket.on('error', () => {})
      socket.once('close', (failed) => {
        connections.delete(connection)
        // What ended in order has told the other end so by its pipe, behind the last byte.
        if (failed) other.resetAndDestroy()
      })
    }
  })

  server.maxConnections = mostConnections

  function breakAll(): void {
    for (const { sockets } of connections) for (const socket of sockets) socket.resetAndDestroy()
    connections.clear()
  }

  return {
    async listen(port, host) {
      server.listen({ port, host })
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    },
    cut() {
      isCut = true
      breakAll()
    },
    mend() {
      isCut = false
    },
    get held() {
      return [...connections].flatMap(({ pipes }) => pipes).reduce((sum, { held }) => sum + held, 0)
    },
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      const timer = setTimeout(breakAll, patience)
      await closed
      clearTimeout(timer)
    },
  }
}
