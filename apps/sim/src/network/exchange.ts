import { createRandom, type Random } from '@sse/testbed/random'
import type { Program } from '../world/program.ts'
import type { Link, Listener, Network } from './network.ts'
import { origin } from './origin.ts'

/** Bytes on the way or unread by the client, at most: what the buffers of the two kernels hold. */
const capacity = 131_072

/** Milliseconds after which a kernel gives up a connection on which nothing is acknowledged. */
const giveUp = 900_000

type State = 'up' | 'half-open' | 'over'

const networkError = () => new TypeError('fetch failed')

/** One request and its response, on one connection. */
export class Exchange {
  readonly name: string
  readonly program: Program
  readonly link: Link
  readonly response: Promise<Response>
  readonly random: Random
  readonly url: URL
  /** When it arrived at a server. */
  arrivedAt = Number.POSITIVE_INFINITY
  /** The client takes nothing from the network, though its kernel does. */
  stalled = false
  /** The response ends after so many bytes, as if it were whole. */
  truncateAfter: number | undefined
  /** Whether the client has received the head of an event stream. */
  streams = false
  server: Listener | undefined
  /** Of the request. */
  readonly user: string | undefined
  /** Its user was disconnected: the server must not send any item that was published after this one. */
  revokedAfter: number | undefined
  readonly #network: Network
  readonly #settle = Promise.withResolvers<Response>()
  readonly #init: RequestInit
  /** Aborted for the server when it learns that the client has left. */
  readonly #left = new AbortController()
  #state: State = 'up'
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #serverIsOver = false
  #reading = false
  /** Bytes that the server has sent and the client has not read. */
  #outstanding = 0
  #waiting: Uint8Array[] = []
  #held: Uint8Array[] = []
  #wanted = false
  #ended = false
  /** Nothing overtakes on one connection. */
  readonly #last = { client: 0, server: 0 }

  constructor(
    network: Network,
    program: Program,
    link: Link,
    name: string,
    input: string | URL,
    init: RequestInit,
  ) {
    this.#network = network
    this.program = program
    this.link = link
    this.name = name
    this.#init = init
    this.url = new URL(input, origin)
    this.random = createRandom(network.world.seedOf(name))
    this.response = this.#settle.promise
    this.response.catch(() => {})
    const headers = new Headers(init.headers)
    this.user = headers.get('Authorization')?.split(' ')[0]
    const { world } = network
    world.note(
      name,
      `${this.method} ${this.url.pathname}${this.url.search} after ${headers.get('Last-Event-ID')}`,
    )
    const { signal } = init
    if (signal?.aborted) this.#abort(signal)
    else {
      signal?.addEventListener('abort', () => this.#abort(signal))
      this.#send()
    }
  }

  get over(): boolean {
    return this.#state === 'over'
  }

  get method(): string {
    return this.#init.method ?? 'GET'
  }

  /** The connection breaks, and both ends learn it. */
  cut(): void {
    if (this.#state !== 'up') return
    this.#toServer(() => this.#endServer())
    this.#toClient(() => this.#failClient())
    this.#finish()
  }

  /** The connection breaks, and neither end learns it. */
  halfOpen(): void {
    if (this.#state !== 'up') return
    this.#state = 'half-open'
    this.#network.world.outside.later(giveUp, () => this.#notice())
  }

  #notice(): void {
    if (this.#state !== 'half-open') return
    // Each kernel notices by itself, whatever the network is like.
    this.server?.program.later(0, () => this.#endServer())
    this.program.later(0, () => this.#failClient())
    this.#finish()
  }

  /** The faults are over. A connection that is broken without notice is noticed. */
  heal(): void {
    this.truncateAfter = undefined
    this.flush()
    this.unstall()
    this.#notice()
  }

  /** The server's process has died: its kernel says so, or its machine is gone and nobody does. */
  serverDied(tells: boolean): void {
    this.#serverIsOver = true
    if (!tells) this.halfOpen()
    else if (this.#state === 'up') {
      if (this.#controller || !this.link.proxied) this.#toClient(() => this.#failClient())
      else this.#toClient(() => this.#answer(502, [], undefined))
    }
  }

  /** The page has ended. */
  clientDied(): void {
    if (this.link.state === 'blackhole') this.halfOpen()
    if (this.#state === 'half-open') return
    if (this.#state === 'up') this.#toServer(() => this.#endServer())
    this.#finish()
  }

  unstall(): void {
    this.stalled = false
    this.program.later(0, () => this.#drain())
  }

  /** The proxy lets go of what it holds. */
  flush(): void {
    for (const bytes of this.#held.splice(0)) this.#toClient(() => this.#arrive(bytes))
  }

  #send(): void {
    const { state } = this.link
    if (state === 'offline') {
      this.program.later(1, () => this.#failClient())
      return
    }
    if (state === 'blackhole') {
      this.halfOpen()
      return
    }
    const twice = this.link.duplicating && this.random() < 0.5
    this.#toServer(() => {
      if (twice) this.#sendAgain()
      this.#arriveAtServer()
    })
  }

  /** Another attempt of a proxy, whose answer nobody wants. */
  #sendAgain(): void {
    const listener = this.#network.choose(this)
    if (!listener?.listening) return
    this.#network.world.fault('duplicate request', this.name)
    const left = new AbortController()
    listener.program.later(0, () => {
      const answer = listener.handle(this.#request(left.signal))
      answer.then(
        ({ body }) => void body?.cancel(),
        () => {},
      )
    })
    listener.program.later(this.random() * 2_000, () => left.abort())
  }

  #request(signal: AbortSignal): Request {
    const { headers, body = null } = this.#init
    return new Request(this.url, { method: this.method, headers: new Headers(headers), body, signal })
  }

  #arriveAtServer(): void {
    if (this.over) return
    const listener = this.#network.choose(this)
    if (!listener?.listening) {
      if (this.link.proxied && this.random() < 0.8) this.#toClient(() => this.#answer(502, [], undefined))
      else this.#toClient(() => this.#failClient())
      return
    }
    this.server = listener
    listener.program.later(0, () => {
      // A process that stands still takes it later, and judges it then.
      this.arrivedAt = this.#network.world.now
      listener.handle(this.#request(this.#left.signal)).then(
        (response) => this.#respond(response),
        () => this.#toClient(() => this.#answer(500, [], undefined)),
      )
    })
  }

  #respond({ status, headers, body }: Response): void {
    if (this.#serverIsOver) return
    this.#reader = body?.getReader()
    const head = [...headers]
    if (!this.#reader) {
      this.#serverIsOver = true
      this.#toClient(() => this.#answer(status, head, undefined))
      return
    }
    this.#toClient(() => this.#answer(status, head, this.#body()))
    this.#pump()
  }

  /** Takes from the server what the buffers on the way have room for. */
  #pump(): void {
    if (this.#reading || !this.#reader || this.#serverIsOver || this.#outstanding >= capacity) return
    this.#reading = true
    this.#reader.read().then(
      ({ done, value }) => {
        this.#reading = false
        if (this.#serverIsOver) return
        if (done) {
          this.#serverIsOver = true
          if (this.#state !== 'up') return
          this.flush()
          this.#toClient(() => this.#endClient())
          return
        }
        this.#outstanding += value.length
        this.#carry(value)
        this.#pump()
      },
      () => {
        this.#reading = false
        this.#serverIsOver = true
        this.#toClient(() => this.#failClient())
      },
    )
  }

  #carry(bytes: Uint8Array): void {
    this.#network.world.wire(`${this.server?.program.name} to ${this.name}`, bytes)
    if (this.revokedAfter !== undefined) this.#checkRevoked(bytes, this.revokedAfter)
    if (this.#state !== 'up' || this.link.state !== 'up') return
    if (this.truncateAfter !== undefined) {
      const part = bytes.slice(0, this.truncateAfter)
      this.#toClient(() => this.#arrive(part))
      this.#toClient(() => this.#endClient())
      this.#toServer(() => this.#endServer())
      this.#state = 'over'
    } else if (this.link.buffering) this.#held.push(bytes.slice())
    else {
      // The server shares its bytes between streams, and the client must not see a later change of them.
      const copy = bytes.slice()
      this.#toClient(() => this.#arrive(copy))
    }
  }

  #checkRevoked(bytes: Uint8Array, after: number): void {
    for (const [, n] of Buffer.from(bytes)
      .toString()
      .matchAll(/^data: ?\{"n":(\d+)/gm))
      if (Number(n) > after)
        this.#network.world.violate(`${this.name} was sent ${n} although ${this.user} had been disconnected`)
  }

  #answer(status: number, head: [string, string][], body: ReadableStream<Uint8Array> | undefined): void {
    if (this.#state === 'over') return
    this.streams = !!body && (new Headers(head).get('content-type') ?? '').startsWith('text/event-stream')
    if (!body) this.#finish()
    this.#settle.resolve(new Response(status === 204 ? null : (body ?? null), { status, headers: head }))
  }

  #body(): ReadableStream<Uint8Array> {
    return new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => {
          this.#wanted = true
          this.#drain()
        },
        cancel: () => this.clientDied(),
      },
      { highWaterMark: 0 },
    )
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#ended) return
    this.#waiting.push(bytes)
    this.#drain()
  }

  #drain(): void {
    if (this.stalled || !this.#wanted || this.#ended) return
    const bytes = this.#waiting.shift()
    if (bytes) {
      this.#wanted = false
      this.#controller!.enqueue(bytes)
      this.#toServer(() => {
        this.#outstanding -= bytes.length
        this.#pump()
      })
    } else if (this.#state === 'over') this.#close()
  }

  /** The response has ended by itself. What has arrived before is read first. */
  #endClient(): void {
    this.#finish()
    if (this.#waiting.length === 0) this.#close()
  }

  #close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#controller?.close()
  }

  #failClient(): void {
    this.#finish()
    this.#settle.reject(networkError())
    if (this.#ended) return
    this.#ended = true
    this.#controller?.error(networkError())
  }

  #abort(signal: AbortSignal): void {
    this.#settle.reject(signal.reason)
    if (!this.#ended) {
      this.#ended = true
      this.#controller?.error(signal.reason)
    }
    this.clientDied()
  }

  #endServer(): void {
    if (this.#serverIsOver) return
    this.#serverIsOver = true
    this.#left.abort()
    this.#reader?.cancel().catch(() => {})
  }

  #finish(): void {
    this.#state = 'over'
    this.#network.exchanges.delete(this)
  }

  #toClient(run: () => void): void {
    this.#travel('client', () => this.program.later(0, run))
  }

  #toServer(run: () => void): void {
    // The server is known when the request has arrived.
    this.#travel('server', () => (this.server ? this.server.program.later(0, run) : run()))
  }

  #travel(to: 'client' | 'server', arrive: () => void): void {
    const { now, outside } = this.#network.world
    if (this.link.state === 'blackhole') this.halfOpen()
    if (this.#state === 'half-open') return
    // A response time of 1 to 40 ms, now and then a packet that is sent again.
    const delay = 1 + this.random() * 39 + (this.random() < 0.01 ? 200 + this.random() * 1_000 : 0)
    const at = Math.max(this.#last[to] + 0.001, now + delay + this.link.slow * this.random())
    this.#last[to] = at
    outside.later(at - now, arrive)
  }
}
