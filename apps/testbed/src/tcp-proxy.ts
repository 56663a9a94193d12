import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

interface Pair {
  readonly client: Socket
  readonly server: Socket
  /** From the server to the client. */
  readonly replies: Transform
}

/** A port of this machine, or a function that finds a Unix socket for each connection. */
export type ProxyTarget = number | (() => string)

/** A proxy in front of a TCP server, or of a Unix socket, that a test can cut, freeze, slow down and turn to another server. */
export class TcpProxy {
  /** Connections so far. */
  accepted = 0
  /** Bytes of replies so far. */
  replyBytes = 0
  #state: 'open' | 'cut' | 'frozen' = 'open'
  #target: ProxyTarget
  #bytesPerSecond = Number.POSITIVE_INFINITY
  /** When the network is free again: all connections share it. */
  #freeAt = 0
  readonly #pairs = new Set<Pair>()
  readonly #listener = createServer((client) => this.#accept(client))

  constructor(target: ProxyTarget) {
    this.#target = target
  }

  /** @param path of a Unix socket. Default: a free port */
  async listen(path?: string): Promise<this> {
    const listener = path === undefined ? this.#listener.listen(0, '127.0.0.1') : this.#listener.listen(path)
    await once(listener, 'listening')
    return this
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port
  }

  /** Connections that are open. */
  get open(): number {
    return this.#pairs.size
  }

  /** Breaks all connections, and each new one. */
  cut(): void {
    this.#state = 'cut'
    this.#breakAll()
  }

  /** Passes nothing more and closes nothing: neither side notices. */
  freeze(): void {
    this.#state = 'frozen'
    for (const { client, server } of this.#pairs) client.unpipe(server).pause()
    this.deafen()
  }

  /** Passes requests, but no replies. */
  deafen(): void {
    for (const { server, replies } of this.#pairs) server.unpipe(replies).pause()
  }

  /** Limits the bytes of replies per second, as a slow network does. */
  slow(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** @param held whether connections that `freeze` holds back pass again, with what they held; else only new ones pass. Default true */
  mend({ held = true } = {}): void {
    this.#state = 'open'
    if (held) for (const pair of this.#pairs) join(pair)
  }

  /** Sends new connections to another server, and breaks the others. */
  turn(target: ProxyTarget): void {
    this.#target = target
    this.#state = 'open'
    this.#breakAll()
  }

  close(): void {
    this.#breakAll()
    this.#listener.close()
  }

  #accept(client: Socket): void {
    this.accepted++
    client.on('error', () => {})
    if (this.#state === 'cut') {
      client.destroy()
      return
    }
    const target = this.#target
    const server = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target())
    server.on('error', () => {})
    const replies = new Transform({
      transform: (chunk: Buffer, _, done) => void this.#pass(chunk.length).then(() => done(null, chunk)),
    })
    replies.pipe(client)
    const pair = { client, server, replies }
    this.#pairs.add(pair)
    for (const side of [client, server])
      side.on('close', () => {
        this.#break(pair)
        this.#pairs.delete(pair)
      })
    if (this.#state === 'open') join(pair)
  }

  async #pass(bytes: number): Promise<void> {
    this.replyBytes += bytes
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + (bytes / this.#bytesPerSecond) * 1_000
    const wait = this.#freeAt - performance.now()
    if (wait > 1) await delay(wait)
  }

  #break({ client, server }: Pair): void {
    client.destroy()
    server.destroy()
  }

  #breakAll(): void {
    for (const pair of this.#pairs) this.#break(pair)
  }
}

export function startTcpProxy(target: number): Promise<TcpProxy> {
  return new TcpProxy(target).listen()
}

/** @param path of the Unix socket that it listens on */
export function startSocketProxy(path: string, target: () => string): Promise<TcpProxy> {
  return new TcpProxy(target).listen(path)
}

function join({ client, server, replies }: Pair): void {
  client.unpipe(server).pipe(server)
  server.unpipe(replies).pipe(replies)
}
