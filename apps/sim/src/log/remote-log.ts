import {
  type Broker,
  type BrokerMessage,
  type BrokerPublishOptions,
  type Entry,
  type Page,
  type Published,
  type Receiver,
  type Records,
  SseError,
} from '@sse/core'
import { closedError, maxRecords, recordChangeOf, tooManyRecords } from '@sse/core/internal'

/** Where a log stands in time, and how long its messages travel. */
export interface LogHost {
  readonly now: () => number
  readonly random: () => number
  /** Runs in the world outside of all processes. */
  readonly later: (delay: number, run: () => void) => void
}

/** `redis`: ids with a time and a nonce. `postgres`: ids with a position and a nonce. */
export type LogKind = 'redis' | 'postgres'

/** A place of the log: an entry or, without one, its origin or the mark of a loss. */
interface Place {
  readonly id: string
  readonly entry: Entry | undefined
}

const keyLifetime = 600_000

/**
 * What `@sse/redis` and `@sse/postgres` promise of a log that a server keeps: one order, ids that are never given twice, idempotency keys for ten
 * minutes, records that outlive their entries, and a mark where the log has lost its newest entries. Whoever reads over a mark is told of a gap.
 * The conformance suite runs against this model, as it runs against the real servers.
 */
export class RemoteLog {
  readonly host: LogHost
  readonly kind: LogKind
  readonly brokers = new Set<RemoteBroker>()
  /** The entries that are held, with the position before them first. */
  #places: Place[] = []
  readonly #trimmed = new Set<string>()
  readonly #keys = new Map<string, { readonly id: string; readonly until: number }>()
  readonly #records = new Map<string, Map<string, Entry>>()
  /** The entries that have changed records. Like records, they outlive the entries of the log. */
  #changes: Entry[] = []
  readonly #onAppend: (entry: Entry) => void
  #epoch = ''
  #number = 0

  constructor(kind: LogKind, host: LogHost, onAppend: (entry: Entry) => void = () => {}) {
    this.#onAppend = onAppend
    this.kind = kind
    this.host = host
    this.reset()
  }

  get head(): string {
    return this.#places.at(-1)!.id
  }

  get length(): number {
    return this.#places.length - 1
  }

  append(
    channels: readonly string[],
    { event, data }: BrokerMessage,
    { idempotencyKey: key, record }: BrokerPublishOptions,
  ): Published {
    const known = key === undefined ? undefined : this.#keys.get(key)
    if (known && known.until > this.host.now()) return { id: known.id, duplicate: true }
    const entry: Entry = {
      ...{ id: this.#nextId(), previous: this.head, channels, event, data },
      ...(record !== undefined && { record }),
    }
    this.#change(entry)
    this.#places.push({ id: entry.id, entry })
    this.#onAppend(entry)
    if (key !== undefined) this.#keys.set(key, { id: entry.id, until: this.host.now() + keyLifetime })
    this.tell()
    return { id: entry.id, duplicate: false }
  }

  read(after: string, limit: number): Page {
    if (!/^[0-9a-f]{8}-[0-9.]+-[0-9a-f]{8}$/.test(after)) return { gap: 'unknown', resumeAt: this.head }
    const at = this.#places.findIndex(({ id }) => id === after)
    const oldest = this.#places[0]!.id
    if (at === -1) return { gap: this.#trimmed.has(after) ? 'trimmed' : 'forked', resumeAt: oldest }
    const mark = this.#places.findIndex(({ entry }, index) => index > at && !entry)
    if (mark !== -1 && mark - at <= limit && mark === at + 1)
      return { gap: 'forked', resumeAt: this.#places[mark]!.id }
    const end = Math.min(at + 1 + limit, mark === -1 ? this.#places.length : mark)
    const entries = this.#places.slice(at + 1, end).map(({ entry }) => entry!)
    return { entries, done: end === this.#places.length }
  }

  /** The newest entries, without a mark between them. */
  tail(count: number): Entry[] {
    const tail: Entry[] = []
    for (let at = this.#places.length - 1; at > 0 && tail.length < count; at--) {
      const { entry } = this.#places[at]!
      if (!entry) break
      tail.push(entry)
    }
    return tail.reverse()
  }

  records(channels: readonly string[]): Records {
    const entries = new Set(channels.flatMap((channel) => [...(this.#records.get(channel)?.values() ?? [])]))
    return { position: this.head, entries: [...entries] }
  }

  trim(keep: number): void {
    const removed = this.#places.splice(0, Math.max(0, this.#places.length - 1 - keep))
    for (const { id } of removed) this.#trimmed.add(id)
  }

  /** The newest entries are lost: a replica took over without them, or an older backup was restored. */
  loseTail(count: number): { readonly lost: readonly string[]; readonly isNoticed: boolean } {
    const removed = this.#places.splice(Math.max(1, this.#places.length - count))
    const lost = removed.map(({ id }) => id)
    // A broker that knew one of them notices the loss, and marks it. Without a mark only cursors of lost entries are forked. A mark that is lost
    // itself is made again, by a broker that has read it or that still has to notice the earlier loss.
    const isNoticed =
      removed.some(({ entry }) => !entry) || [...this.brokers].some((broker) => broker.knows(lost))
    if (isNoticed) {
      this.#epoch = this.#nonce()
      this.#places.push({ id: this.#nextId(), entry: undefined })
    }
    this.#records.clear()
    const kept = this.#changes.filter(({ id }) => !lost.includes(id))
    this.#changes = []
    for (const entry of kept) this.#change(entry)
    for (const [key, { id }] of this.#keys)
      if (!this.#places.some((place) => place.id === id) && !this.#trimmed.has(id)) this.#keys.delete(key)
    this.tell()
    return { lost, isNoticed }
  }

  /** Another log is in its place. */
  reset(): void {
    this.#epoch = this.#nonce()
    this.#number = 0
    this.#places = []
    this.#keys.clear()
    this.#records.clear()
    this.#changes = []
    this.#places = [{ id: this.#nextId(), entry: undefined }]
    this.tell()
  }

  /** Whether every broker that reaches the log has handed over everything. */
  get isDelivered(): boolean {
    return [...this.brokers].every((broker) => broker.isDelivered)
  }

  tell(): void {
    for (const broker of this.brokers) broker.pull()
  }

  #nextId(): string {
    this.#number++
    const place = this.kind === 'redis' ? `${Math.floor(this.host.now())}.${this.#number}` : this.#number
    return `${this.#epoch}-${place}-${this.#nonce()}`
  }

  #change(entry: Entry): void {
    const change = recordChangeOf(entry)
    if (!change) return
    for (const channel of entry.channels) {
      const records = this.#records.get(channel)
      if (change === 'set' && records?.size === maxRecords && !records.has(entry.record!))
        throw tooManyRecords(channel, entry.record!)
    }
    this.#changes.push(entry)
    for (const channel of entry.channels) {
      const records = this.#records.get(channel) ?? new Map<string, Entry>()
      this.#records.set(channel, records)
      if (change === 'clear') records.clear()
      else records.delete(entry.record!)
      if (change === 'set') records.set(entry.record!, entry)
    }
  }

  #nonce(): string {
    return Math.floor(this.host.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  }
}

/** Something on its way. It arrives after what was sent before it. */
interface Parcel {
  readonly arrive: () => void
  isThere: boolean
}

/** Milliseconds that a call waits for a log that is not reached. */
const patience = 10_000

/** Entries that a broker hands over at a time. */
const batch = 100

/** The way of one process to the log. Everything takes time, and the way may be cut. */
export class RemoteBroker implements Broker {
  readonly log: RemoteLog
  /** Milliseconds that everything takes longer. */
  slow = 0
  readonly #enter: (run: () => void) => void
  readonly #tail: number
  #receiver: Receiver | undefined
  #position = ''
  #state: 'up' | 'down' | 'closed' = 'up'
  #pulling = false
  #acknowledged = ''
  readonly #waiting = new Set<() => void>()
  /** Nothing overtakes on one of these ways. */
  readonly #ways = { signal: [] as Parcel[], there: [] as Parcel[], back: [] as Parcel[] }

  /** @param enter runs a callback as the process of the broker */
  constructor(log: RemoteLog, enter: (run: () => void) => void = (run) => run(), tail = 10_000) {
    this.log = log
    this.#enter = enter
    this.#tail = tail
  }

  /** Whether it has received or published one of these. */
  knows(ids: readonly string[]): boolean {
    return ids.includes(this.#position) || ids.includes(this.#acknowledged)
  }

  get isDelivered(): boolean {
    return this.#state !== 'up' || this.#position === this.log.head
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    if (this.#state === 'closed') throw closedError()
    await this.#travel('there')
    if (this.#isClosed()) throw closedError()
    if (this.#state === 'down') throw unreachable()
    this.#receiver = receiver
    this.#position = this.log.head
    this.log.brokers.add(this)
    const tail = this.log.tail(this.#tail)
    const head = this.#position
    receiver.health('up')
    await this.#travel('back')
    this.pull()
    return { head, tail }
  }

  async publish(
    channels: readonly string[],
    message: BrokerMessage,
    options: BrokerPublishOptions = {},
  ): Promise<Published> {
    const [ownChannels, ownMessage] = [[...channels], { ...message }]
    await this.#reach()
    await this.#travel('there')
    await this.#reach()
    const published = this.log.append(ownChannels, ownMessage, options)
    this.#acknowledged = published.id
    await this.#travel('back')
    // The acknowledgement is lost: the broker finds the entry by its nonce when it reaches the log again.
    await this.#reach()
    return published
  }

  async read(after: string, { limit, signal }: { limit: number; signal: AbortSignal }): Promise<Page> {
    signal.throwIfAborted()
    await this.#reach()
    await this.#travel('there')
    signal.throwIfAborted()
    await this.#reach()
    return this.log.read(after, limit)
  }

  async records(channels: readonly string[]): Promise<Records> {
    await this.#reach()
    await this.#travel('there')
    await this.#reach()
    return this.log.records(channels)
  }

  async signal(text: string): Promise<void> {
    if (this.#state === 'closed') throw closedError()
    if (this.#state === 'down') return
    for (const broker of this.log.brokers) broker.#hear(text)
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    this.log.brokers.delete(this)
    for (const settle of this.#waiting) settle()
  }

  /** Its process has died. */
  dies(): void {
    this.log.brokers.delete(this)
    this.#receiver = undefined
  }

  cut(): void {
    if (this.#state !== 'up') return
    this.#state = 'down'
    this.#enter(() => this.#receiver?.health('down'))
  }

  mend(): void {
    if (this.#state !== 'down') return
    this.#state = 'up'
    this.#enter(() => this.#receiver?.health('up'))
    for (const settle of this.#waiting) settle()
    this.pull()
  }

  /** Hands over what is new. */
  pull(): void {
    if (this.#pulling || this.#state !== 'up' || !this.#receiver) return
    if (this.#position === this.log.head) return
    this.#pulling = true
    this.log.host.later(this.#delay(), () =>
      this.#enter(() => {
        this.#pulling = false
        if (this.#state !== 'up' || !this.#receiver) return
        const page = this.log.read(this.#position, batch)
        if ('gap' in page) {
          const reason = page.gap === 'trimmed' ? 'trimmed' : 'forked'
          this.#position = reason === 'trimmed' ? page.resumeAt : this.log.head
          this.#receiver.discontinuity({ reason, head: this.#position })
        } else if (page.entries.length > 0) {
          this.#position = page.entries.at(-1)!.id
          this.#receiver.entries(page.entries)
        }
        this.pull()
      }),
    )
  }

  #hear(text: string): void {
    this.#send('signal', () => {
      if (this.#state === 'up') this.#receiver?.signal(text)
    })
  }

  #travel(way: 'there' | 'back'): Promise<void> {
    return new Promise((resolve) => this.#send(way, resolve))
  }

  #send(way: 'signal' | 'there' | 'back', arrive: () => void): void {
    const parcels = this.#ways[way]
    const parcel: Parcel = { arrive, isThere: false }
    parcels.push(parcel)
    this.log.host.later(this.#delay(), () => {
      parcel.isThere = true
      while (parcels[0]?.isThere) this.#enter(parcels.shift()!.arrive)
    })
  }

  async #reach(): Promise<void> {
    if (this.#state === 'closed') throw closedError()
    if (this.#state === 'up') return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#waiting.delete(done)
        resolve()
      }
      this.#waiting.add(done)
      this.log.host.later(patience, () => this.#enter(done))
    })
    if (this.#isClosed()) throw closedError()
    if (this.#isDown()) throw unreachable()
  }

  #isDown(): boolean {
    return this.#state === 'down'
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  #delay(): number {
    return 0.3 + this.log.host.random() * (3 + this.slow)
  }
}

const unreachable = () =>
  new SseError(
    'log-unreachable',
    'The log was not reached. The publish may be in it: repeat it with its key.',
  )
