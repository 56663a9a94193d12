import { randomBytes } from 'node:crypto'
import { atEndOfTurn, endOfTurn } from '../../src/end-of-turn.ts'
import { SseError } from '../../src/errors.ts'
import type {
  Broker,
  EndedChannels,
  Entry,
  Page,
  Published,
  Receiver,
  Records,
} from '../../src/log/broker.ts'
import { commandChannel } from '../../src/log/channel.ts'
import { EndedSet } from '../../src/log/ended-channels.ts'
import { IdempotencyKeys } from '../../src/log/idempotency-keys.ts'
import {
  ChannelRecords,
  type RecordLimits,
  recordBytes,
  recordChangeOf,
  recordsFull,
  removalOf,
} from '../../src/log/records.ts'
import type { BrokerSubject } from '../../src/testing/conformance/broker-subject.ts'

/** A log as a server far away keeps it: it outlives its brokers, and anything can befall it. */
export class RemoteLog {
  time = 0
  readonly brokers = new Set<RemoteBroker>()
  entries: Entry[] = []
  /** Ids of entries let go, the origin first. */
  gone: string[]
  keys = new IdempotencyKeys(() => this.time)
  records = new Map<string, ChannelRecords>()
  ended = new EndedSet()
  epoch = nonce()
  readonly limits: Partial<RecordLimits>
  /** When each entry was appended, by its id. */
  readonly #at = new Map<string, number>()

  constructor(limits: Partial<RecordLimits> = {}) {
    this.limits = limits
    this.gone = [`${this.epoch}-0-origin`]
  }

  get head(): string {
    return this.entries.at(-1)?.id ?? this.gone.at(-1)!
  }

  append(
    channels: readonly string[],
    { event, data }: { event?: string | undefined; data: string },
    {
      idempotencyKey: key,
      record,
    }: { idempotencyKey?: string | undefined; record?: string | undefined } = {},
  ): Published {
    const known = key === undefined ? undefined : this.keys.get(key)
    if (known !== undefined) return { id: known, duplicate: true }
    const id = this.id(this.gone.length + this.entries.length)
    const entry = { id, previous: this.head, channels, event, data, ...(record !== undefined && { record }) }
    this.refuse(entry)
    this.entries.push(entry)
    this.#at.set(id, performance.now())
    this.ended.apply(channels, event === 'sse.end')
    for (const channel of channels) {
      const records = this.records.get(channel) ?? new ChannelRecords()
      this.records.set(channel, records)
      records.apply(entry)
    }
    if (key !== undefined) this.keys.set(key, id)
    for (const broker of this.brokers) void broker.pull()
    return { id, duplicate: false }
  }

  /** @throws {SseError} if the records have no room for an entry */
  refuse(entry: Entry): void {
    const sizes = [...this.records].flatMap(([channel, records]) =>
      [...records].map((one) => recordBytes(channel, one)),
    )
    const growth = entry.channels.map((channel) => {
      const old = this.records.get(channel)?.get(entry.record ?? '')
      return recordBytes(channel, entry) - (old ? recordBytes(channel, old) : 0)
    })
    const bytes = [...sizes, ...growth].reduce((sum, size) => sum + size, 0)
    if (recordChangeOf(entry) !== 'set' || bytes <= (this.limits.bytes ?? bytes)) return
    throw recordsFull(this.limits.bytes!, entry.record!)
  }

  removeOld(): void {
    const oldest = performance.now() - (this.limits.age ?? Number.POSITIVE_INFINITY)
    for (const [channel, records] of this.records)
      for (const { id, record = '' } of [...records])
        if (channel !== commandChannel && this.#at.get(id)! < oldest)
          this.append([channel], removalOf(channel, record), { record })
  }

  /** A number may be given twice, an id never. */
  id(number: number): string {
    return `${this.epoch}-${number}-${nonce()}`
  }

  read(after: string, limit: number): Page {
    const oldest = this.gone.at(-1)!
    const [, epoch] = /^([0-9a-f]{8})-(?:0|[1-9][0-9]{0,14})-(?:[0-9a-f]{8}|origin)$/.exec(after) ?? []
    if (epoch === undefined) return { gap: 'unknown', resumeAt: this.head }
    const place = [oldest, ...this.entries.map(({ id }) => id)].indexOf(after)
    if (place === -1) return { gap: this.gone.includes(after) ? 'trimmed' : 'forked', resumeAt: oldest }
    const entries = this.entries.slice(place, place + limit)
    return { entries, done: place + entries.length === this.entries.length }
  }

  trim(keep: number): void {
    const removed = this.entries.splice(0, Math.max(0, this.entries.length - keep))
    this.gone.push(...removed.map(({ id }) => id))
  }

  reset(): void {
    this.epoch = nonce()
    this.entries = []
    this.gone = [`${this.epoch}-0-origin`]
    this.keys = new IdempotencyKeys(() => this.time)
    this.records.clear()
    this.ended = new EndedSet()
  }

  loseTail(count: number): void {
    this.entries.splice(-count)
  }
}

const nonce = () => randomBytes(4).toString('hex')

/** A broker whose every call takes a turn, over a line that can be cut. */
export class RemoteBroker implements Broker {
  readonly log: RemoteLog
  position = ''
  receiver: Receiver | undefined
  #line: PromiseWithResolvers<void> | undefined
  #closed = false
  #pulling = false
  #ageCheck: NodeJS.Timeout | undefined

  constructor(log: RemoteLog) {
    this.log = log
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    await this.#reach()
    this.receiver = receiver
    this.position = this.log.head
    this.log.brokers.add(this)
    if (this.log.limits.age !== undefined) this.#ageCheck = setInterval(() => this.log.removeOld(), 20)
    receiver.health('up')
    return { head: this.position, tail: this.log.entries.slice(-100) }
  }

  async publish(
    channels: readonly string[],
    message: { event?: string | undefined; data: string },
    options?: { idempotencyKey?: string | undefined; record?: string | undefined },
  ): Promise<Published> {
    const [ownChannels, ownMessage] = [[...channels], { ...message }]
    await this.#reach()
    const published = this.log.append(ownChannels, ownMessage, options)
    await endOfTurn()
    if (this.#line) throw new Error('The answer was lost on the line.')
    return published
  }

  async read(after: string, { limit, signal }: { limit: number; signal: AbortSignal }): Promise<Page> {
    signal.throwIfAborted()
    await this.#reach()
    signal.throwIfAborted()
    return this.log.read(after, limit)
  }

  async records(channels: readonly string[]): Promise<Records> {
    await this.#reach()
    const entries = channels.flatMap((channel) => [...(this.log.records.get(channel) ?? [])])
    return { position: this.log.head, entries: [...new Set(entries)] }
  }

  async ended(): Promise<EndedChannels> {
    await this.#reach()
    return { position: this.log.head, channels: [...this.log.ended] }
  }

  async signal(text: string): Promise<void> {
    if (this.#closed) throw new SseError('closed', 'The broker is closed.')
    if (this.#line) return
    for (const broker of this.log.brokers) broker.hear(text)
    await endOfTurn()
  }

  hear(text: string): void {
    if (!this.#line) atEndOfTurn(() => !this.#closed && this.receiver?.signal(text))
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#ageCheck)
    this.log.brokers.delete(this)
    this.#line?.resolve()
  }

  /** Hands on what is new. */
  async pull(): Promise<void> {
    if (this.#pulling || this.#line) return
    this.#pulling = true
    await endOfTurn()
    this.#pulling = false
    if (this.#line || this.#closed || !this.receiver) return
    const page = this.log.read(this.position, 10)
    if ('gap' in page) {
      const reason = page.gap === 'trimmed' ? 'trimmed' : 'forked'
      // Of a fork it is not known how much of it was handed on before: none of it comes twice.
      this.position = reason === 'trimmed' ? page.resumeAt : this.log.head
      this.receiver.discontinuity({ reason, head: this.position })
    } else if (page.entries.length > 0) {
      this.position = page.entries.at(-1)!.id
      this.receiver.entries(page.entries)
    }
    if (this.position !== this.log.head) await this.pull()
  }

  cut(): void {
    this.#line = Promise.withResolvers()
    this.receiver?.health('down')
  }

  mend(): void {
    this.#line?.resolve()
    this.#line = undefined
    this.receiver?.health('up')
    void this.pull()
  }

  async #reach(): Promise<void> {
    await endOfTurn()
    while (this.#line && !this.#closed) await this.#line.promise
    if (this.#closed) throw new SseError('closed', 'The broker is closed.')
  }
}

/** All that can befall a log befalls this one. */
export const remoteSubject = {
  name: 'a broker over a line',
  records: true,
  ended: true,
  limits: true,
  createLog: (limits) => new RemoteLog(limits),
  connect: (log) => new RemoteBroker(log),
  advance: (log, milliseconds) => {
    log.time += milliseconds
  },
  trim: (log, keep) => log.trim(keep),
  restart: () => {},
  reset: (log) => log.reset(),
  loseTail: (log, count) => log.loseTail(count),
  interrupt: (_log, broker) => {
    if (!(broker instanceof RemoteBroker)) throw new TypeError('no such broker')
    broker.cut()
    return () => broker.mend()
  },
} satisfies BrokerSubject<RemoteLog>
