import { hasRecords } from '@sse/testbed/channels'
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express'
import { channels, createHub, type Hub, SseError, sse } from '../../src/index.ts'
import { room } from './asks.ts'
import type { Client } from './client.ts'
import { Boom, Unreachable, Unwritable } from './errors.ts'
import { FaultyBroker } from './faulty-broker.ts'
import { Poster } from './poster.ts'
import type { World } from './world.ts'

/** Streams and polls that a client may have at a time. */
export const perKey = 4
/** Milliseconds in which a client must take something. */
export const stall = 5_000

/** What the servers of a run are given. */
export interface ServerOptions {
  /** Entries that a hub's window holds. */
  readonly window: number
}

/** A process: an Express app with a hub, from its start until its hub is closed. */
export class Server {
  readonly broker: FaultyBroker
  readonly hub: Hub
  readonly app: Express = express()
  readonly clients = new Set<Client>()
  state: 'running' | 'closing' | 'closed' = 'running'
  isReady = false
  readonly #world: World

  constructor(world: World, { window }: ServerOptions, failingStarts: number) {
    this.#world = world
    this.broker = new FaultyBroker(world.connect(), world.log, world.holds, this, failingStarts)
    this.hub = createHub({
      broker: this.broker,
      heartbeat: 1_000,
      window: { entries: window },
      channel: (name) => ({ records: hasRecords(name), presence: name === room }),
      onError: (error) => this.#judge(error),
      onStream: (event) => world.listeners.heard(this, event),
    })
    this.hub.ready.then(
      () => {
        this.isReady = true
      },
      () => {},
    )
    this.#route()
  }

  /** Whether it does not reach the log, or never did. */
  get isAway(): boolean {
    return !this.isReady || this.broker.isDown
  }

  /** Streams and polls of a key that were let in and are not over. */
  count(key: string): number {
    return [...this.clients].filter((client) => client.key === key && client.isIn).length
  }

  disconnects(key: string | undefined): void {
    for (const client of this.clients)
      if (client.key !== undefined && client.key === (key ?? client.key)) client.mayEnd('disconnected')
  }

  /** Closes its hub. */
  close(drain: number): Promise<void> {
    this.state = 'closing'
    for (const client of this.clients) client.mayEnd('shutdown')
    return this.hub.close({ drain }).then(() => {
      this.state = 'closed'
    })
  }

  /** Where the hub stands, as far as its broker has handed the log over; `undefined` before it has started. */
  get standing(): string | undefined {
    return this.isReady && this.broker.handed !== undefined
      ? this.#world.log.standing(this.broker.handed)
      : undefined
  }

  #route(): void {
    const { app, hub } = this
    app.use((request, response, next) => {
      this.#world.requestOf(request).arrive(this, request, response)
      next()
    })
    app.use(
      sse({
        hub,
        key: (request) => request.get('x-key'),
        authorize: (request, channel) => this.#world.requestOf(request).judge(channel),
        presence: (request) => request.get('x-key'),
        limits: { perKey },
        retry: 1_000,
        stall,
        maxUnread: 262_144,
      }),
    )
    app.get('/events', (request: Request, response: Response) => this.#serve(request, response))
    app.post('/events', channels(hub))
    app.use(((error, _request, response, _next) => {
      if (!(error instanceof Boom)) this.#judge(error)
      response.status(500).end()
    }) satisfies ErrorRequestHandler)
  }

  async #serve(request: Request, response: Response): Promise<void> {
    const client = this.#world.requestOf(request)
    if (client instanceof Poster) return
    if (client.asks.looksUp) await this.#world.holds.wait({ what: 'a look-up', client })
    client.serve(response)
  }

  #judge(error: unknown): void {
    if (error instanceof Boom || error instanceof Unwritable || error instanceof Unreachable) return
    // Express cuts a connection when even the answer to an error throws, and that is reported.
    const isCut = error instanceof SseError && error.code === 'headers-sent'
    if (isCut && [...this.clients].some(({ causes }) => causes.has('broken'))) return
    this.#world.surprised(error)
  }
}
