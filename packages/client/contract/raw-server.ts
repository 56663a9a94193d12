import { createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** One request, answered by the test with bytes of its own making. */
export interface RawExchange {
  /** The request line. */
  readonly line: string
  /** Headers by lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  /** The head of an event stream whose body comes in chunks. */
  open(): void
  /** One chunk of the body: what reads it gets exactly these bytes at once. */
  chunk(bytes: Uint8Array): void
  /** Bytes of the answer as they are. */
  write(text: string): void
  /** The end of the body. */
  end(): void
  /** Breaks the connection off. */
  destroy(): void
}

/** A server on a bare socket: no HTTP library makes anything better than it is. */
export async function createRawServer(): Promise<{
  url: string
  next(): Promise<RawExchange>
  waiting(): number
}> {
  const arrived: RawExchange[] = []
  const awaited: ((exchange: RawExchange) => void)[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay(true))
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    let head = ''
    socket.on('data', (data) => {
      head += data.toString('latin1')
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      const [line = '', ...fields] = head.slice(0, end).split('\r\n')
      head = head.slice(end + 4)
      const headers = new Map(fields.map(nameAndValue))
      const exchange = { line, headers, ...controls(socket) }
      const taker = awaited.shift()
      if (taker) taker(exchange)
      else arrived.push(exchange)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}/`,
    async next() {
      return arrived.shift() ?? new Promise((resolve) => awaited.push(resolve))
    },
    waiting: () => arrived.length,
  }
}

function controls(socket: Socket): Omit<RawExchange, 'line' | 'headers'> {
  return {
    open() {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
    },
    chunk(bytes) {
      socket.write(`${bytes.length.toString(16)}\r\n`)
      socket.write(bytes)
      socket.write('\r\n')
    },
    write: (text) => socket.write(text),
    end: () => socket.write('0\r\n\r\n'),
    destroy: () => socket.destroy(),
  }
}

function nameAndValue(field: string): [name: string, value: string] {
  const at = field.indexOf(':')
  return [field.slice(0, at).toLowerCase(), field.slice(at + 1).trim()]
}
