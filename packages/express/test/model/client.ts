import { Ledger } from '@sse/testbed/ledger'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { Request, Response } from 'express'
import type { SseStream } from '../../src/index.ts'
import { type Asks, requestOf } from './asks.ts'
import { Boom } from './errors.ts'
import { Exchange, type ExchangeListener } from './exchange.ts'
import { RecordLedger } from './record-ledger.ts'
import { perKey, type Server } from './server.ts'
import { isCommand } from './true-log.ts'
import type { World } from './world.ts'

/** Why a stream may end. */
export type Cause =
  | 'app'
  | 'broken'
  | 'disconnected'
  | 'expired'
  | 'left'
  | 'shutdown'
  | 'slow'
  | 'threw'
  | 'outage'

/** A client of a stream or a poll: what it asked for, what it was promised, and what it got. */
export class Client implements ExchangeListener {
  readonly asks: Asks
  readonly key: string | undefined
  readonly server: Server
  readonly ledger: Ledger | RecordLedger
  readonly causes = new Set<Cause>()
  /** The channels that it may be given events of. */
  readonly allowed: Set<string>
  stream: SseStream | undefined
  /** Its status, in whatever form it was told. */
  status: number | undefined
  end: 'complete' | 'broken' | undefined
  /** Whether a heartbeat said that it stands at the head, and it reads since: then it is given whatever its server is. */
  live = false
  /** Whether its key had all the streams that it may have when it came. */
  overLimit = false
  /** The moment from which on it is over the time of its credentials. */
  expiresAt = Number.POSITIVE_INFINITY
  /** Whether its channels were changed. Then it stays open if all that are left have ended before. */
  hasChanged = false
  /** Since when its connection has taken nothing of what waits for it. */
  fullSince: number | undefined
  /** Whether the app has begun to serve it. */
  isServed = false
  readonly #world: World
  readonly #exchange: Exchange
  readonly #transcript: string[] = []
  /** The place of the newest entry that its server had when it came. */
  readonly #cameAt: number
  /** What a rewound stream must be told first, if nothing is published before. */
  #rewound: { readonly at: string; readonly events: readonly string[] } | undefined
  readonly #parser = createParser({
    onEvent: (event) => this.#receive(event),
    onComment: (text) => this.#comment(text),
  })
  #lastEventId = ''
  /** Changes of its channels by the app, each at the byte of the response at which it was made. */
  readonly #changes: { readonly at: number; readonly make: () => void }[] = []
  /** The byte of the response after which it may be told nothing more. */
  #silentFrom = Number.POSITIVE_INFINITY
  #mayBeSent = false
  #offset = 0
  /** Whether it came before its hub had started. */
  #isEarly = false
  #isDocument = false
  #document = ''

  constructor(world: World, server: Server, port: number, number: number, asks: Asks) {
    this.asks = asks
    this.key = asks.key
    this.server = server
    this.#world = world
    this.allowed = new Set(asks.channels)
    this.ledger = asks.page ? new RecordLedger(world, asks.page, asks.named) : new Ledger(world, asks.cursor)
    this.#cameAt = server.broker.handed === undefined ? 0 : (world.log.place(server.broker.handed) ?? 0)
    this.#exchange = new Exchange(port, requestOf(asks, number), '', this)
    this.#noteOutage()
  }

  get exchange(): Exchange {
    return this.#exchange
  }

  /** The cursor with which it would come back. */
  get lastEventId(): string {
    return this.#lastEventId
  }

  /** Whether the limits count it. */
  get isIn(): boolean {
    return this.isServed && !this.overLimit && this.stream !== undefined && !this.#exchange.isOver
  }

  /** Whether it has an open stream, as far as it knows. */
  get isOpen(): boolean {
    return this.status === 200 && this.end === undefined && !this.#exchange.hasLeft
  }

  mayEnd(cause: Cause): void {
    this.causes.add(cause)
  }

  arrive(server: Server, request: Request, response: Response): void {
    this.#exchange.arrive(request, response)
    server.clients.add(this)
    this.#isEarly = !server.isReady
  }

  /** The app serves it: the route's handler. */
  serve(response: Response): void {
    const { asks, server, ledger } = this
    this.isServed = true
    this.overLimit = this.key !== undefined && server.count(this.key) >= perKey
    // Other tests register events of their own.
    const stream = response.sse as unknown as SseStream
    this.stream = stream
    if (stream.closed) return
    if (server.state !== 'running') this.mayEnd('shutdown')
    // Where a start fails, the log may have dropped a disconnect of this key since.
    if (this.key !== undefined && this.#isEarly) this.mayEnd('disconnected')
    if (asks.greets) stream.send('x', { event: 'beside' })
    if (asks.rewind > 0 && asks.cursor === undefined) this.#expectRewind()
    else if (server.standing !== undefined) ledger.beginsAt(server.standing)
    for (const channel of asks.channels) ledger.joins(channel)
    const { rewind } = asks
    if (asks.expires === undefined) stream.subscribe(asks.channels, { rewind })
    else {
      this.expiresAt = Date.now() + asks.expires
      this.mayEnd('expired')
      stream.subscribe(asks.channels, { rewind, expires: new Date(this.expiresAt) })
    }
  }

  /** Whether a channel that it may be on was over since it came. A server may see that later than the log. */
  get mayHaveEnded(): boolean {
    return this.#world.log.hasEnded(this.allowed, this.#cameAt)
  }

  /** The app's `authorize`. */
  async judge(channel: string): Promise<boolean> {
    const verdict = await this.#world.holds.verdict(this.asks.verdicts, channel, this)
    if (verdict === 'throws') {
      this.mayEnd('threw')
      throw new Boom()
    }
    if (verdict) this.allowed.add(channel)
    return verdict
  }

  /** Whether the newest entry of each of its channels is an end. */
  get mustHaveEnded(): boolean {
    const { size } = this.stream!.channels
    const { ended } = this.#world.log
    return !this.hasChanged && size > 0 && [...this.stream!.channels].every((channel) => ended.has(channel))
  }

  /** The app puts its stream on a channel. */
  subscribe(channel: string): void {
    const { stream, server } = this
    if (!stream || stream.closed) return
    this.hasChanged = true
    const before = this.#exchange.written
    stream.subscribe(channel)
    const stands = this.live ? server.standing : undefined
    const now = this.#world.log.length
    this.#change(() => {
      if (stands !== undefined) this.ledger.stands(stands, 'what came before it joined')
      this.allowed.add(channel)
      this.ledger.joins(channel, stands, now)
      // The members of a channel, and its records, may be told at once.
    }, this.asks.page && before)
  }

  unsubscribe(channel: string): void {
    const { stream, server } = this
    if (!stream || stream.closed) return
    this.hasChanged = true
    stream.unsubscribe(channel)
    const stands = this.live ? server.standing : undefined
    this.#change(() => {
      if (stands !== undefined) this.ledger.stands(stands, 'what came before it left')
      this.ledger.leaves(channel)
    })
  }

  stall(): void {
    this.live = false
    this.mayEnd('slow')
    this.#exchange.stall()
  }

  drain(): void {
    this.#exchange.drain()
  }

  leave(inOrder: boolean): void {
    this.mayEnd('left')
    this.#exchange.leave(inOrder)
  }

  /** From now on it may be told nothing more. */
  silence(): void {
    // A process that does not know the log yet is not known to the others: only what is in the log is kept from its clients.
    this.#mayBeSent = !this.server.isReady
    this.#silentFrom = Math.min(this.#silentFrom, this.#exchange.written)
  }

  /** Looks at what it was promised, when nothing is on its way. */
  check(): void {
    this.fullSince = this.#exchange.isFull ? (this.fullSince ?? performance.now()) : undefined
    this.#noteOutage()
    if (!this.#exchange.isPaused) this.#changeUpTo(Number.POSITIVE_INFINITY)
    const { standing } = this.server
    if (this.live && this.isOpen && standing !== undefined) this.ledger.stands(standing, 'what its hub has')
  }

  head(status: number, headers: ReadonlyMap<string, string>): void {
    this.status = status
    this.#isDocument = !headers.get('content-type')?.startsWith('text/event-stream')
  }

  body(text: string, offset: number): void {
    this.#changeUpTo(offset)
    this.#offset = offset
    if (this.#isDocument) this.#document += text
    else this.#parser.feed(text)
  }

  over(how: 'complete' | 'broken'): void {
    this.end = how
    if (this.asks.kind === 'poll' && how === 'complete' && this.status === 200) this.#answered()
  }

  toString(): string {
    return `client ${this.#world.requests.indexOf(this)} ${JSON.stringify(this.asks)}: ${this.status} ${this.end ?? 'open'}\n      ${this.#transcript.join('\n      ')}`
  }

  /** It begins so many events of its channels before the head, as far as the window goes. */
  #expectRewind(): void {
    const { asks, server, ledger } = this
    const { standing, broker } = server
    if (standing === undefined) return
    if (asks.page) ledger.beginsAt(standing)
    if (asks.page || asks.named.length > 0) return
    const { log, window } = this.#world
    const place = log.place(broker.handed!)!
    const events = log.newest(asks.rewind, asks.channels, place, Math.min(broker.events, window))
    this.#rewound = { at: standing, events: events.map(({ id }) => id) }
  }

  #checkRewind(id: string): void {
    const rewound = this.#rewound
    this.#rewound = undefined
    if (!rewound || rewound.at !== this.server.standing) return
    this.#world.meets('a rewind')
    const { log } = this.#world
    const told = (log.between(id, rewound.at) ?? []).filter(
      (entry) => !isCommand(entry) && entry.channels.some((channel) => this.asks.channels.includes(channel)),
    )
    const [is, should] = [told.map((entry) => entry.id), rewound.events].map(String)
    if (is !== should)
      this.ledger.breach('I2', `it goes ${this.asks.rewind} back to ${is} instead of ${should}`)
  }

  #noteOutage(): void {
    const { isAway, broker } = this.server
    if (this.status === undefined && (isAway || broker.holdsReads)) this.mayEnd('outage')
  }

  #change(make: () => void, at = this.#exchange.written): void {
    this.#changes.push({ at, make })
  }

  #changeUpTo(offset: number): void {
    while (this.#changes[0] && this.#changes[0].at <= offset) this.#changes.shift()!.make()
  }

  /** What a native EventSource is told instead of a status that would end it for good. */
  #comment(text: string): void {
    const status = /^(\d{3}) /.exec(text)?.[1]
    if (status) this.status = Number(status)
  }

  #receive({ event = 'message', id, data }: EventSourceMessage): void {
    if (id !== undefined) this.#lastEventId = id
    this.#transcript.push([event, id, data.slice(0, 60)].filter(Boolean).join(' '))
    const isSilent = this.#offset >= this.#silentFrom
    if (isSilent && event !== 'sse.close' && !(event === 'beside' && this.#mayBeSent)) {
      this.ledger.breach('I7', `it was told ${event} after its key was disconnected`)
    }
    const told = this.asks.page ? (id ?? '') : this.#lastEventId
    this.ledger.receives({ type: 'event', event, data, id: told, retry: undefined })
    if (event === 'sse.open') this.#checkRewind(this.#lastEventId)
    if (event === 'sse.ping' && id !== undefined && !this.#exchange.isPaused) this.live = true
    if (event === 'sse.channels') this.#confirmed(JSON.parse(data).channels, this.#lastEventId)
  }

  /** What the client is told of its channels is the moment at which they change. */
  #confirmed(channels: readonly string[], id: string): void {
    const { ledger } = this
    const now = this.#world.log.place(id)
    for (const channel of ledger.channels) if (!channels.includes(channel)) ledger.leaves(channel)
    for (const channel of channels) {
      if (!this.allowed.has(channel)) ledger.breach('its channels only', `nobody granted ${channel}`)
      if (!ledger.channels.includes(channel)) ledger.joins(channel, now === undefined ? undefined : id, now)
    }
  }

  /** A poll was answered: the same as a stream that ends there. */
  #answered(): void {
    const { ledger } = this
    if (this.#silentFrom === 0) ledger.breach('I7', 'a poll was answered after its key was disconnected')
    const { events, cursor, gap, channels } = JSON.parse(this.#document)
    if (!cursor) ledger.breach('I2', 'a poll answered an empty cursor')
    const told = (event: string, id: string, data: unknown) =>
      this.#receive({ event, id, data: typeof data === 'string' ? data : JSON.stringify(data) })
    const first = events.find(({ id }: { id?: string }) => id !== undefined)?.id
    // A poll without a cursor has what came since the app subscribed, and does not say where it began.
    const begins =
      this.asks.cursor ?? ledger.head ?? (first === undefined ? cursor : this.#world.log.before(first))
    told('sse.open', gap && !this.#world.log.isOwnForm(begins) ? '' : begins, {})
    if (channels) this.#confirmed(channels.channels, begins)
    if (gap) told('sse.gap', this.#world.log.endOfGap(gap.reason, first, cursor), gap)
    for (const { event, id, data } of events) this.#receive({ event, id, data })
    // What the app sent comes before a gap: then the next poll is told it, from the same cursor.
    if (gap || cursor !== begins) told('sse.ping', cursor, '')
    this.live = false
  }
}
