import { closedError } from '../brokers/log-failure.ts'
import { type RecordOptions, recordLimitsOf } from '../brokers/options.ts'
import { checkNames, checkObject, refuseOption } from '../check.ts'
import { atEndOfTurn, endOfTurn } from '../end-of-turn.ts'
import { SseError } from '../errors.ts'
import { randomText } from '../random-text.ts'
import type {
  Broker,
  BrokerMessage,
  BrokerPublishOptions,
  EndedChannels,
  Entry,
  Page,
  Published,
  Receiver,
  Records,
} from './broker.ts'
import { commandChannel, isCommand } from './channel.ts'
import { EndedSet } from './ended-channels.ts'
import { IdempotencyKeys } from './idempotency-keys.ts'
import { Queue } from './queue.ts'
import {
  ChannelRecords,
  maxRecords,
  type RecordLimits,
  recordBytes,
  recordChangeOf,
  recordCheckInterval,
  recordsFull,
  removalOf,
  tooManyRecords,
} from './records.ts'

export interface MemoryLogOptions extends RecordOptions {
  /**
   * The number of entries to keep for replay, in addition to each hub's window. Default 10,000. A single hub can replay from its window, so
   * `createHub()` uses 0.
   */
  readonly entries?: number | undefined
  /** The clock for idempotency keys and the age of records, in milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/**
 * Creates a log in memory for one hub. It ends with the process.
 *
 * @throws {SseError} `invalid-option`
 */
export function createMemoryBroker(options: MemoryLogOptions = {}): Broker {
  return createMemoryLog(options).connect()
}

/** A log in memory that several hubs of one process share. Each hub needs its own broker. */
export interface SharedMemoryLog {
  /** Creates another broker of this log. Closing it does not affect the others. */
  connect(): Broker
}

/**
 * Creates a log in memory for several hubs of one process: `createHub({ broker: log.connect() })`.
 *
 * @throws {SseError} `invalid-option`
 */
export function createMemoryLog(options: MemoryLogOptions = {}): SharedMemoryLog {
  const log = new MemoryLog(options)
  return { connect: () => new MemoryBroker(log) }
}

/** If two hubs shared a broker, closing one hub would stop the other. */
function startedTwice(): SseError {
  const message =
    'This broker already belongs to another hub: give each hub its own broker. createMemoryLog().connect() creates several for one log.'
  return new SseError('invalid-option', message)
}

class MemoryBroker implements Broker {
  readonly #log: MemoryLog
  #receiver: Receiver | undefined
  #closed = false

  constructor(log: MemoryLog) {
    this.#log = log
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    this.#refuseWhenClosed()
    if (this.#receiver) throw startedTwice()
    this.#receiver = receiver
    this.#log.add(receiver)
    receiver.health('up')
    return { head: this.#log.head, tail: this.#log.entries }
  }

  /** Resolves at the end of the turn, after the hubs have delivered the event. So sockets can drain during a loop of awaited publishes. */
  async publish(
    channels: readonly string[],
    message: BrokerMessage,
    options: BrokerPublishOptions = {},
  ): Promise<Published> {
    this.#refuseWhenClosed()
    const published = this.#log.append(channels, message, options)
    await endOfTurn()
    return published
  }

  async read(after: string, { limit, signal }: { limit: number; signal: AbortSignal }): Promise<Page> {
    signal.throwIfAborted()
    this.#refuseWhenClosed()
    return this.#log.read(after, limit)
  }

  async records(channels: readonly string[]): Promise<Records> {
    this.#refuseWhenClosed()
    return this.#log.records(channels)
  }

  async ended(): Promise<EndedChannels> {
    this.#refuseWhenClosed()
    return this.#log.ended()
  }

  async signal(text: string): Promise<void> {
    this.#refuseWhenClosed()
    this.#log.signal(text)
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#receiver) this.#log.remove(this.#receiver)
    this.#receiver = undefined
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw closedError()
  }
}

const idForm = /^([0-9a-f]{16})-(0|[1-9][0-9]{0,14})$/

/**
 * A log in the memory of one process. Its ids are `<epoch>-<number>`. Every log has a new epoch, so a cursor of an earlier log is recognised.
 */
class MemoryLog {
  readonly #epoch = randomText(8)
  readonly #capacity: number
  readonly #entries = new Queue<Entry>()
  readonly #keys: IdempotencyKeys
  readonly #now: () => number
  readonly #records = new Map<string, ChannelRecords>()
  readonly #limits: RecordLimits
  /** When each record was last set, the oldest first. Used only if they have an age. */
  readonly #touched = new Map<string, { channel: string; record: string; at: number }>()
  #recordBytes = 0
  #ageCheck: NodeJS.Timeout | undefined
  readonly #ended = new EndedSet()
  #head = 0
  /** Replaced at every change, so that an entry goes to the receivers that had started when it was appended. */
  #receivers: readonly Receiver[] = []
  readonly #undelivered: { readonly entry: Entry; readonly receivers: readonly Receiver[] }[] = []
  #delivering = false

  /** @throws {SseError} `invalid-option` */
  constructor(options: MemoryLogOptions = {}) {
    checkObject('options', options)
    checkNames('', options, ['entries', 'records', 'now'])
    const { entries = 10_000, now = Date.now } = options
    if (!Number.isSafeInteger(entries) || entries < 0)
      refuseOption('entries', 'a whole number, 0 or more', entries)
    this.#capacity = entries
    this.#keys = new IdempotencyKeys(now)
    this.#now = now
    this.#limits = recordLimitsOf(options)
  }

  get head(): string {
    return this.#id(this.#head)
  }

  /** All entries, oldest first. */
  get entries(): Entry[] {
    return this.#after(this.#oldest, this.#entries.length)
  }

  add(receiver: Receiver): void {
    this.#receivers = [...this.#receivers, receiver]
    const interval = recordCheckInterval(this.#limits)
    if (interval !== undefined) this.#ageCheck ??= setInterval(() => this.#removeOld(), interval).unref()
  }

  remove(receiver: Receiver): void {
    this.#receivers = this.#receivers.filter((one) => one !== receiver)
    if (this.#receivers.length > 0) return
    clearInterval(this.#ageCheck)
    this.#ageCheck = undefined
  }

  append(
    channels: readonly string[],
    { event, data }: BrokerMessage,
    { idempotencyKey: key, record }: BrokerPublishOptions,
  ): Published {
    const known = key === undefined ? undefined : this.#keys.get(key)
    if (known !== undefined) return { id: known, duplicate: true }

    const entry: Entry = {
      id: this.#id(this.#head + 1),
      previous: this.head,
      channels: [...channels],
      event,
      data,
      ...(record !== undefined && { record }),
    }
    this.#changeRecords(entry)
    this.#ended.apply(entry.channels, recordChangeOf(entry) === 'clear')
    this.#head++
    this.#entries.push(entry)
    if (this.#entries.length > this.#capacity) this.#entries.shift()
    if (key !== undefined) this.#keys.set(key, entry.id)

    this.#undelivered.push({ entry, receivers: this.#receivers })
    this.#deliver()
    return { id: entry.id, duplicate: false }
  }

  records(channels: readonly string[]): Records {
    const entries = new Set(channels.flatMap((channel) => [...(this.#records.get(channel) ?? [])]))
    return { position: this.head, entries: [...entries] }
  }

  ended(): EndedChannels {
    return { position: this.head, channels: [...this.#ended] }
  }

  #changeRecords(entry: Entry): void {
    const change = recordChangeOf(entry)
    if (!change) return
    if (change === 'set') this.#checkLimits(entry)
    for (const channel of entry.channels) {
      const records = this.#records.get(channel) ?? new ChannelRecords()
      this.#forgetSize(change, channel, records, entry.record)
      records.apply(entry)
      if (change === 'set') this.#noteSize(channel, entry)
      if (records.size > 0) this.#records.set(channel, records)
      else this.#records.delete(channel)
    }
  }

  /** @throws {SseError} `too-many-records` */
  #checkLimits(entry: Entry): void {
    let growth = 0
    for (const channel of entry.channels) {
      const records = this.#records.get(channel)
      const old = records?.get(entry.record!)
      if (records?.size === maxRecords && !old) throw tooManyRecords(channel, entry.record!)
      growth += recordBytes(channel, entry) - (old ? recordBytes(channel, old) : 0)
    }
    const isFull = growth > 0 && this.#recordBytes + growth > this.#limits.bytes
    if (isFull && !isCommand(entry)) throw recordsFull(this.#limits.bytes, entry.record!)
  }

  #forgetSize(
    change: 'set' | 'remove' | 'clear',
    channel: string,
    records: ChannelRecords,
    name: string | undefined,
  ): void {
    const one = change === 'clear' ? undefined : records.get(name!)
    for (const old of change === 'clear' ? records : one ? [one] : []) {
      this.#recordBytes -= recordBytes(channel, old)
      this.#touched.delete(`${channel}\n${old.record}`)
    }
  }

  #noteSize(channel: string, entry: Entry): void {
    this.#recordBytes += recordBytes(channel, entry)
    if (this.#limits.age === Number.POSITIVE_INFINITY || channel === commandChannel) return
    const record = entry.record!
    this.#touched.set(`${channel}\n${record}`, { channel, record, at: this.#now() })
  }

  /** Removes the records that are too old, by entries, so that all clients receive it. */
  #removeOld(): void {
    const oldest = this.#now() - this.#limits.age
    for (const { channel, record, at } of [...this.#touched.values()]) {
      if (at >= oldest) return
      // A receiver of an entry before may have set it again.
      const touched = this.#touched.get(`${channel}\n${record}`)
      if (touched?.at === at) this.append([channel], removalOf(channel, record), { record })
    }
  }

  /** Delivers the signal to all receivers at the end of this turn, so that the caller's own hub does not get it sooner than others. */
  signal(text: string): void {
    atEndOfTurn(() => {
      for (const receiver of this.#receivers) receiver.signal(text)
    })
  }

  read(after: string, limit: number): Page {
    const [, epoch, number] = idForm.exec(after) ?? []
    if (number === undefined) return { gap: 'unknown', resumeAt: this.head }
    const position = Number(number)
    if (epoch !== this.#epoch || position > this.#head)
      return { gap: 'forked', resumeAt: this.#id(this.#oldest) }
    if (position < this.#oldest) return { gap: 'trimmed', resumeAt: this.#id(this.#oldest) }
    const entries = this.#after(position, limit)
    return { entries, done: position + entries.length === this.#head }
  }

  /** The oldest position after which everything can be read: the number of the entry before the oldest one. */
  get #oldest(): number {
    return this.#head - this.#entries.length
  }

  /** A receiver may publish while it receives an entry. The new entry is delivered after all receivers have the first. */
  #deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    try {
      for (let next = this.#undelivered.shift(); next; next = this.#undelivered.shift()) {
        for (const receiver of next.receivers) receiver.entries([next.entry])
      }
    } finally {
      this.#delivering = false
    }
  }

  #id(number: number): string {
    return `${this.#epoch}-${number}`
  }

  #after(position: number, limit: number): Entry[] {
    const first = position - this.#oldest
    const count = Math.min(limit, this.#entries.length - first)
    return Array.from({ length: count }, (_, index) => this.#entries.at(first + index)!)
  }
}
