import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

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
  const pairs = new Set<readonly [Socket, Socket]>()
  const server = createServer((client) => {
    accepted++
    client.on('error', () => {})
    if (state === 'cut') {
      client.destroy()
      return
    }
    const upstream = connect(to, '127.0.0.1')
    upstream.on('error', () => {})
    const pair = [client, upstream] as const
    pairs.add(pair)
    for (const [one, other] of [pair, [upstream, client] as const]) {
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
    for (const [client, upstream] of pairs) {
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
    cut() {
      state = 'cut'
      breakOff()
    },
    freeze() {
      state = 'frozen'
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream).pause()
        upstream.unpipe(client).pause()
      }
    },
    deafen() {
      for (const [client, upstream] of pairs) upstream.unpipe(client).pause()
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

function join([client, upstream]: readonly [Socket, Socket]): void {
  client.unpipe(upstream).pipe(upstream)
  upstream.unpipe(client).pipe(client)
}
