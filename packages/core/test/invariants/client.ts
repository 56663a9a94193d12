import { Ledger } from '@sse/testbed/ledger'
import type { SseStream } from '../../src/stream/sse-stream.ts'
import type { Stream } from '../../src/stream/stream.ts'
import type { ClientStep, Connect, Cursor } from './script.ts'
import { ScriptedTransport } from './scripted-transport.ts'
import type { Server, World } from './world.ts'

/** One connection of a client: the stream that serves it, and what is known of it from outside. */
interface Connection {
  readonly server: Server
  readonly stream: SseStream
  readonly transport: ScriptedTransport
  readonly ledger: Ledger
  /** Whether a heartbeat said that it stands at the head, and it was not full since: then it is given whatever its server is. */
  live: boolean
}

/** A client, which has one connection at a time, and the application that serves it. */
export class Client {
  readonly #world: World
  #connection: Connection | undefined

  constructor(world: World) {
    this.#world = world
  }

  take(step: ClientStep): void {
    const connection = this.#connection
    if (step.do === 'connect') this.#connect(step)
    else if (!connection || connection.stream.closed) return
    else if (step.do === 'subscribe') subscribe(connection, step.channel)
    else if (step.do === 'unsubscribe') unsubscribe(connection, step.channel)
    else if (step.do === 'change') change(connection, step.channel, step.instead)
    else if (step.do === 'send') connection.stream.send('x', { event: 'beside' })
    else if (step.do === 'beat') beat(connection)
    else if (step.do === 'fill') fill(connection)
    else if (step.do === 'drain') connection.transport.drain()
    else connection.transport.leave()
  }

  /** A heartbeat of its stream. */
  beat(): void {
    if (this.#connection) beat(this.#connection)
  }

  /** Lets everything through that waits for the client. */
  drain(): void {
    this.#connection?.transport.drain()
  }

  /** The end of the run, when everything was answered and drained: is the stream where it has to be? */
  conclude(): void {
    const head = this.#world.log.standing(this.#world.log.head)
    const connection = this.#connection
    if (!connection || connection.stream.closed) return
    const { ledger } = connection
    if (!ledger.opened && !ledger.onChannels) return
    connection.live = false
    beat(connection)
    if (!connection.live || ledger.claim !== head)
      ledger.breach('nothing stuck', `it stands at ${ledger.claim}, and the log at ${head}`)
  }

  #connect({ server: number, channels, cursor: kind, by, key, asks, greets }: Connect): void {
    const { servers } = this.#world
    const cursor = this.#cursor(kind)
    this.#connection?.transport.leave()
    const server = servers[number % servers.length]!
    const ledger = new Ledger(this.#world, cursor)
    const transport = new ScriptedTransport(
      ledger,
      this.#world.meets,
      this.#connection?.transport.lastEventId,
    )
    const stream = server.hub.stream(transport, {
      key,
      stall: Number.POSITIVE_INFINITY,
      lastEventId: by === 'header' ? cursor : undefined,
      asked: asks ? { names: ['asked', 'refused'], authorize: (name) => this.#authorize(name) } : undefined,
    })
    this.#connection = { server, stream, transport, ledger, live: false }
    if (greets) stream.send('x', { event: 'beside' })
    if (server.broker.started) ledger.beginsAt(server.handed)
    for (const channel of asks ? [...channels, 'asked'] : channels) ledger.joins(channel)
    stream.subscribe(channels, by === 'since' ? { since: cursor } : {})
  }

  #cursor(kind: Cursor): string | undefined {
    const { log } = this.#world
    if (typeof kind === 'number') return log.back(kind)
    if (typeof kind === 'object') return kind.text
    if (kind === 'last seen') return this.#connection?.transport.lastEventId
    if (kind === 'lost') return log.lostId
    return kind === 'ahead' ? log.idAhead : undefined
  }

  /** An application may take its time to judge what a client may read. */
  async #authorize(channel: string): Promise<boolean> {
    await this.#world.scheduler.schedule(Promise.resolve(), 'authorized')
    return channel === 'asked'
  }
}

function subscribe({ server, stream, ledger, live }: Connection, channel: string): void {
  if (!live) ledger.joins(channel)
  stream.subscribe(channel)
  if (!live) return
  ledger.stands(server.handed, 'what came before it joined')
  ledger.joins(channel, server.handed)
}

function unsubscribe({ server, stream, ledger, live }: Connection, channel: string): void {
  stream.unsubscribe(channel)
  if (live) ledger.stands(server.handed, 'what came before it left')
  ledger.leaves(channel)
}

/** One channel instead of another, as a client asks for it; confirmed by `sse.channels`, whose id is a position too. */
function change({ server, stream, ledger, live }: Connection, channel: string, instead: string): void {
  if (channel === instead) return
  if (!live) ledger.joins(channel)
  ;(stream as Stream).change({
    turn: (stream as Stream).nextTurn(),
    subscribe: [channel],
    unsubscribe: [instead],
    refused: [],
  })
  if (live) ledger.stands(server.handed, 'what came before the change')
  ledger.leaves(instead)
  if (live) ledger.joins(channel, server.handed)
}

function fill(connection: Connection): void {
  connection.live = false
  connection.transport.isFull = true
}

/** A heartbeat: hubs beat by a timer, which no scheduler holds. */
function beat(connection: Connection): void {
  const { stream, transport } = connection
  const before = transport.pings
  if (transport.opened) (stream as Stream).beat()
  if (transport.pings > before && !transport.isFull) connection.live = true
}
