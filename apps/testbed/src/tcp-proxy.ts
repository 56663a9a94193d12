import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

/** A way to Redis that the test can cut, block and turn elsewhere. */
export interface TcpProxy {
  readonly port: number
  /** Connections so far. */
  readonly accepted: number
  /** Those that are open. */
  readonly open: number
  /** Breaks all connections off, and every new one. */
  cut(): void
  /** Takes nothing and gives nothing any more, and closes nothing: neither side is told. */
  freeze(): void
  /** Brings what is sent to Redis, and none of its answers. */
  deafen(): void
  /** Brings answers no faster than this: a slow line. */
  slow(bytesPerSecond: number): void
  /** Bytes of answers that were brought so far. */
  readonly brought: number
  /** Lets through again; what was held by `freeze` goes on. */
  mend(): void
  /** Where connections go from now on; those there are break off. */
  turn(port: number): void
  close(): void
}

export async function startTcpProxy(target: number): Promise<TcpProxy> {
  let state: 'open' | 'cut' | 'frozen' = 'open'
  let to = target
  let accepted = 0
  let brought = 0
  let bytesPerSecond = Number.POSITIVE_INFINITY
  // What one line carries, however many connections share it.
  let free = 0
  const carry = async (bytes: number) => {
    brought += bytes
    free = Math.max(free, performance.now()) + (bytes / bytesPerSecond) * 1_000
    if (free - performance.now() > 1) await delay(free - performance.now())
  }
  const pairs = new Set<Pair>()
  const server = createServer((client) => {
    accepted++
    client.on('error', () => {})
    if (state === 'cut') {
      client.destroy()
      return
    }
    const upstream = connect(to, '127.0.0.1')
    upstream.on('error', () => {})
    const line = new Transform({
      transform: (chunk: Buffer, _, done) => void carry(chunk.length).then(() => done(null, chunk)),
    })
    line.pipe(client)
    const pair = { client, upstream, line }
    pairs.add(pair)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('close', () => {
        other.destroy()
        pairs.delete(pair)
      })
    }
    if (state === 'open') join(pair)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const breakOff = () => {
    for (const { client, upstream } of pairs) {
      client.destroy()
      upstream.destroy()
    }
  }
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted
    },
    get open() {
      return pairs.size
    },
    get brought() {
      return brought
    },
    slow(rate) {
      bytesPerSecond = rate
    },
    cut() {
      state = 'cut'
      breakOff()
    },
    freeze() {
      state = 'frozen'
      for (const { client, upstream, line } of pairs) {
        client.unpipe(upstream).pause()
        upstream.unpipe(line).pause()
      }
    },
    deafen() {
      for (const { upstream, line } of pairs) upstream.unpipe(line).pause()
    },
    mend() {
      state = 'open'
      for (const pair of pairs) join(pair)
    },
    turn(port) {
      to = port
      state = 'open'
      breakOff()
    },
    close() {
      breakOff()
      server.close()
    },
  }
}

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  /** From Redis to the client. */
  readonly line: Transform
}

function join({ client, upstream, line }: Pair): void {
  client.unpipe(upstream).pipe(upstream)
  upstream.unpipe(line).pipe(line)
}
