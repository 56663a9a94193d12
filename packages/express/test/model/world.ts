import { createMemoryLog, type SharedMemoryLog, SseError, type SseStream } from '@sse/core'
import type { RecordPage } from '@sse/testbed/channels'
import { turns } from '@sse/testbed/fuzz'
import { Breach, type LedgerWorld, type PromiseName } from '@sse/testbed/ledger'
import type { Request } from 'express'
import type { Entry } from '../../src/index.ts'
import { type ListeningServer, listening } from '../listening.ts'
import type { Asks } from './asks.ts'
import { Client } from './client.ts'
import { clock } from './clock.ts'
import { Unreachable } from './errors.ts'
import { Holds } from './holds.ts'
import { Listeners } from './listeners.ts'
import { Poster, type Wish } from './poster.ts'
import { Server } from './server.ts'
import { isCommand, TrueLog } from './true-log.ts'

export interface WorldOptions {
  /** Entries that each hub's window holds. */
  readonly window: number
  /** Entries that the log behind it holds. */
  readonly capacity: number
}

/** Milliseconds after which what is on its way has to be there, on any machine. */
const patience = 20_000

/** What a run takes place in: two servers behind two addresses, on one log. Each may be followed by another one at the same address. */
export class World implements LedgerWorld {
  readonly holds = new Holds()
  readonly listeners = new Listeners(this)
  /** Everything that was requested. Its index is the number that the client sends in a header. */
  readonly requests: (Client | Poster)[] = []
  readonly breaches: Breach[] = []
  /** All servers that there ever were. */
  readonly servers: Server[] = []
  /** Publishes, disconnects and closings of hubs that have not settled. */
  unsettled = 0
  /** Steps that were taken. */
  steps = 0
  /** Whether the clock was set: timers do not notice. */
  isClockSet = false
  log!: TrueLog
  readonly meets: (situation: string) => void
  readonly #options: WorldOptions
  readonly #memory: SharedMemoryLog
  readonly #addresses: ListeningServer[] = []
  /** The server at each address. */
  readonly #current: Server[] = []
  readonly #published = new Set<string>()
  readonly #disconnected = new Set<string>()
  /** The clients whose page another one has now. */
  readonly #taken = new Set<Client>()
  /** The channels and records that somebody ended or removed. */
  readonly #gone = new Set<string>()
  readonly #posts = new Map<string | undefined, { readonly left: number; readonly at: number }>()

  private constructor(options: WorldOptions, meets: (situation: string) => void) {
    this.#options = options
    this.#memory = createMemoryLog({ entries: options.capacity })
    this.meets = meets
  }

  static async begin(options: WorldOptions, meets: (situation: string) => void): Promise<World> {
    const world = new World(options, meets)
    const { log } = await TrueLog.watch(world.#memory, options.capacity, (entry) => world.#added(entry))
    world.log = log
    for (const address of [0, 1]) {
      world.start(address, 0)
      world.#addresses.push(await listening((request, response) => world.at(address).app(request, response)))
    }
    await world.settle()
    return world
  }

  /** Entries that each hub's window holds at most. */
  get window(): number {
    return this.#options.window
  }

  connect() {
    return this.#memory.connect()
  }

  /** The server that runs at an address. */
  at(address: number): Server {
    return this.#current[address % 2]!
  }

  get running(): readonly Server[] {
    return this.#current
  }

  /** Starts a server at an address, in place of the one there. */
  start(address: number, failingStarts: number): void {
    const server = new Server(this, this.#options, failingStarts)
    this.#current[address % 2] = server
    this.servers.push(server)
  }

  get clients(): readonly Client[] {
    return this.requests.filter((request) => request instanceof Client)
  }

  get posters(): readonly Poster[] {
    return this.requests.filter((request) => request instanceof Poster)
  }

  requestOf(request: Request): Client | Poster {
    return this.requests[Number(request.get('x-number'))]!
  }

  clientOf(stream: SseStream): Client | undefined {
    return this.clients.find((client) => client.stream === stream)
  }

  ask(address: number, asks: Asks): void {
    const { port } = this.#addresses[address % 2]!
    this.requests.push(new Client(this, this.at(address), port, this.requests.length, asks))
  }

  /** The newest page whose connection is over, so that it may come back. Nobody else takes it again. */
  takePage(): RecordPage | undefined {
    const last = this.clients.findLast(({ asks, end, exchange }) => asks.page && (end || exchange.hasLeft))
    if (!last?.asks.page || this.#taken.has(last)) return undefined
    this.#taken.add(last)
    return last.asks.page
  }

  post(address: number, wish: Wish): Poster {
    const { port } = this.#addresses[address % 2]!
    const poster = new Poster(this, this.at(address), port, this.requests.length, wish)
    this.requests.push(poster)
    return poster
  }

  /** A client causes something that costs other processes. @returns whether it may have used up the twenty, and the twenty more per second, that are its own */
  spends(key: string | undefined): boolean {
    const now = performance.now()
    const { left, at } = this.#posts.get(key) ?? { left: 20, at: now }
    const has = Math.min(20, left + (now - at) / 50)
    this.#posts.set(key, { left: has - 1, at: now })
    return has < 1
  }

  publish(server: Server, channels: readonly string[], size: number, record?: string): void {
    const data = `${this.#published.size} ${'x'.repeat(size)}`
    this.#published.add(data)
    this.#append(server, server.hub.publish(channels, data, { record }))
  }

  remove(server: Server, channel: string, record: string): void {
    this.#gone.add(`${channel} ${record}`)
    this.#append(server, server.hub.remove(channel, record))
  }

  /** Ends a channel, until somebody publishes to it. */
  finish(server: Server, channel: string): void {
    this.#gone.add(channel)
    this.#append(server, server.hub.end(channel))
  }

  disconnect(server: Server, key: string, reconnect: false | number | undefined): void {
    this.#disconnected.add(key)
    const clients = this.clients.filter((client) => client.key === key && client.exchange.hasArrived)
    for (const client of clients) client.mayEnd('disconnected')
    const done = server.hub.disconnect(key, { reconnect }).then(() => {
      this.meets('a disconnect')
      // A process that is cut off from the log does not live for the others.
      for (const client of clients) if (!client.server.broker.isDown) client.silence()
    })
    this.#watch(server, done)
  }

  /** Closes the hub at an address; the server that comes after it is there at once. */
  replace(address: number, drain: number, failingStarts: number): void {
    const old = this.at(address)
    this.#watch(old, old.close(drain))
    this.start(address, failingStarts)
  }

  breach(promise: PromiseName, why: string): void {
    this.breaches.push(new Breach(promise, why))
  }

  surprised(error: unknown): void {
    this.breach('no surprise', error instanceof Error ? (error.stack ?? error.message) : String(error))
  }

  /** Until nothing is on its way any more. */
  async settle(): Promise<void> {
    const end = process.hrtime.bigint() + BigInt(patience) * 1_000_000n
    for (let quiet = 0, before = ''; quiet < 3; ) {
      await turns(8)
      const flying = this.requests.filter(({ exchange }) => exchange.isInFlight)
      const now = JSON.stringify([
        this.log.length,
        this.holds.count,
        this.unsettled,
        this.requests.map(({ exchange }) => [exchange.written, exchange.received]),
      ])
      quiet = flying.length === 0 && now === before ? quiet + 1 : 0
      before = now
      if (process.hrtime.bigint() < end) continue
      this.breach('nothing stuck', `something stays on its way: ${flying.join('\n    ')}`)
      return
    }
  }

  /** Everybody leaves, and every server goes. */
  async end(): Promise<void> {
    for (const { close } of this.#addresses) close()
    clock.stop()
  }

  #append(server: Server, promise: Promise<{ readonly id: string }>): void {
    this.#watch(
      server,
      promise.then(({ id }) => {
        if (this.log.place(id) === undefined) this.breach('I5', `${id} was published and is not in the log`)
      }),
    )
  }

  #added(entry: Entry): void {
    if (!this.#wasAsked(entry)) this.breach('I5', `nobody published ${JSON.stringify(entry)}`)
  }

  #wasAsked(entry: Entry): boolean {
    const { event, channels, record, data } = entry
    if (isCommand(entry)) return this.#disconnected.has(JSON.parse(data).key)
    if (event === 'sse.end') return this.#gone.has(channels.join())
    if (event === 'sse.removed') return this.#gone.has(`${channels} ${record}`)
    return this.#published.has(data)
  }

  /** What the app awaits: it may fail while the broker is away, and when the hub is closed. */
  #watch(server: Server, promise: Promise<unknown>): void {
    const wasReady = server.isReady
    this.unsettled++
    promise
      .catch((error: unknown) => {
        if (error instanceof Unreachable) return
        const isClosed = error instanceof SseError && error.code === 'closed' && server.state !== 'running'
        const isStarting = error instanceof SseError && error.code === 'not-ready' && !wasReady
        if (!isClosed && !isStarting) this.surprised(error)
      })
      .finally(() => {
        this.unsettled--
      })
  }
}
