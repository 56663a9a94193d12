import { randomBytes } from 'node:crypto'
import { checkNames, checkObject } from '../check.ts'
import { atEndOfTurn, endOfTurn } from '../end-of-turn.ts'
import { SseError, show } from '../errors.ts'
import type { Broker, Entry, Page, Published, Receiver, Records } from './broker.ts'
import { Fifo } from './fifo.ts'
import { IdempotencyKeys } from './idempotency-keys.ts'
import { ChannelRecords, maxRecords, recordChangeOf, tooManyRecords } from './records.ts'

export interface MemoryLogOptions {
  /**
   * Entries held for reading back, beyond what each hub's window holds. Default 10,000; 0 when a single hub with its window
   * is all there is, which is what `createHub()` does.
   */
  readonly entries?: number | undefined
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/**
 * The log of one process, gone with it.
 *
 * @throws {SseError} `invalid-option`
 */
export function createMemoryBroker(options: MemoryLogOptions = {}): Broker {
  return createMemoryLog(options).connect()
}

/** A log in memory that several hubs share, as the processes of a cluster would: each is given a broker of its own. */
export interface SharedMemoryLog {
  /** Another broker on this log; to close it leaves the others be. */
  connect(): Broker
}

/**
 * A log in memory for several hubs of one process: `createHub({ broker: log.connect() })`.
 *
 * @throws {SseError} `invalid-option`
 */
export function createMemoryLog(options: MemoryLogOptions = {}): SharedMemoryLog {
  const log = new MemoryLog(options)
  return { connect: () => new MemoryBroker(log) }
}

/** Closing it for one hub would silence the other. */
function startedTwice(): SseError {
  const message =
    'This broker belongs to another hub already: give each hub a broker of its own. createMemoryLog().connect() makes several on one log.'
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
    return { head: this.#log.head, tail: this.#log.held }
  }

  /** Resolves at the end of the turn, when the hubs have delivered it: a loop of awaited publishes lets sockets drain. */
  async publish(
    channels: readonly string[],
    message: { event?: string | undefined; data: string },
    options: { idempotencyKey?: string | undefined; record?: string | undefined } = {},
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
    if (this.#closed) throw new SseError('closed', 'The broker is closed: close it after its last use.')
  }
}

const idForm = /^([0-9a-f]{16})-(0|[1-9][0-9]{0,14})$/

/**
 * A log in the memory of one process, gone with it.
 *
 * Its ids are `<epoch>-<number>`: the epoch is new with every log, so that a cursor of an earlier one is known as such.
 */
class MemoryLog {
  readonly #epoch = randomBytes(8).toString('hex')
  readonly #capacity: number
  readonly #entries = new Fifo<Entry>()
  readonly #keys: IdempotencyKeys
  readonly #records = new Map<string, ChannelRecords>()
  #head = 0
  /** Never changed but replaced: an entry goes to those who had started when it was appended. */
  #receivers: readonly Receiver[] = []
  readonly #undelivered: { readonly entry: Entry; readonly receivers: readonly Receiver[] }[] = []
  #delivering = false

  /** @throws {SseError} `invalid-option` */
  constructor(options: MemoryLogOptions = {}) {
    checkObject('options', options)
    checkNames('', options, ['entries', 'now'])
    const { entries = 10_000, now = Date.now } = options
    if (!Number.isSafeInteger(entries) || entries < 0) {
      throw new SseError(
        'invalid-option',
        `entries must be a whole number, 0 or more, not ${show(entries)}.`,
        {
          value: entries,
        },
      )
    }
    this.#capacity = entries
    this.#keys = new IdempotencyKeys(now)
  }

  get head(): string {
    return this.#id(this.#head)
  }

  /** Everything that is held, oldest first. */
  get held(): Entry[] {
    return this.#after(this.#oldest, this.#entries.length)
  }

  add(receiver: Receiver): void {
    this.#receivers = [...this.#receivers, receiver]
  }

  remove(receiver: Receiver): void {
    this.#receivers = this.#receivers.filter((one) => one !== receiver)
  }

  append(
    channels: readonly string[],
    { event, data }: { readonly event?: string | undefined; readonly data: string },
    {
      idempotencyKey: key,
      record,
    }: { readonly idempotencyKey?: string | undefined; readonly record?: string | undefined },
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

  #changeRecords(entry: Entry): void {
    const change = recordChangeOf(entry)
    if (!change) return
    for (const channel of entry.channels) {
      const records = this.#records.get(channel)
      const isFull = records?.size === maxRecords && !records.has(entry.record!)
      if (change === 'set' && isFull) throw tooManyRecords(channel, entry.record!)
    }
    for (const channel of entry.channels) {
      const records = this.#records.get(channel) ?? new ChannelRecords()
      records.apply(entry)
      if (records.size > 0) this.#records.set(channel, records)
      else this.#records.delete(channel)
    }
  }

  /** Tells every receiver that is started at the end of this turn: the caller's own hub is told no sooner than others. */
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

  /** The oldest position that is complete: the number of the entry before the oldest held. */
  get #oldest(): number {
    return this.#head - this.#entries.length
  }

  /** A receiver may publish while it is handed an entry: that one waits until all have the first. */
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
