import { History, type LedgerLog } from '@sse/testbed/ledger'
import type { Entry, Page, Receiver, Records } from '../../src/log/broker.ts'
import { isCommand } from '../../src/log/channel.ts'
import { ChannelRecords } from '../../src/log/records.ts'

export interface SharedLogOptions {
  /** Entries held at most, for tails to follow; what is older is trimmed. */
  readonly held: number
  /** Entries that a `read` still finds, if fewer: a hub's window may hold more than the log behind it. */
  readonly readable: number
  /** Whether a broker whose tail broke goes on at the head, instead of with the oldest entry that it did not hand over. */
  readonly leaps: boolean
}

type Break = Parameters<Receiver['discontinuity']>[0]

/**
 * The log as a server holds it for the brokers of all processes: it keeps the newest entries only, and can lose its tail as a
 * failover does. It forgets nothing towards the ledgers: they ask it what was ever in it, and in which order that came.
 *
 * Its ids are `<epoch>-<number>`; every loss begins an epoch, so that the same number is never another entry's id.
 */
export class SharedLog implements LedgerLog {
  /** Called whenever there may be something new. */
  readonly watchers = new Set<() => void>()
  /** Called with every signal. */
  readonly listeners = new Set<(text: string) => void>()
  readonly #options: SharedLogOptions
  readonly #history = new History(origin, isCommand)
  /** What the log consists of now, trimmed entries included. */
  #branch: Entry[] = []
  /** The numbers up to which tails no longer find entries, and reads. */
  #trimmed = 0
  #unreadable = 0
  #epoch = 0
  #lost: string | undefined

  constructor(options: SharedLogOptions) {
    this.#options = options
  }

  get length(): number {
    return this.#history.length
  }

  get head(): string {
    return this.#idAt(this.#branch.length)
  }

  standing(id: string): string {
    return this.#history.standing(id)
  }

  /** Whether it ever lost its tail. */
  get forked(): boolean {
    return this.#epoch > 0
  }

  /** An id that it lost, or else one of a log that is gone. */
  get lostId(): string {
    return this.#lost ?? '9-3'
  }

  /** An id that nobody published yet. */
  get idAhead(): string {
    return `${this.#epoch}-999`
  }

  append(channels: readonly string[], message: Pick<Entry, 'event' | 'data' | 'record'>): string {
    const entry = {
      id: `${this.#epoch}-${this.#branch.length + 1}`,
      previous: this.head,
      channels,
      ...message,
    }
    this.#branch.push(entry)
    this.#history.add(entry)
    this.#trimmed = Math.max(this.#trimmed, this.#branch.length - this.#options.held)
    this.#unreadable = Math.max(this.#unreadable, this.#trimmed, this.#branch.length - this.#options.readable)
    this.#tell()
    return entry.id
  }

  /** Records outlive their entries. */
  records(channels: readonly string[]): Records {
    const entries = new Set(channels.flatMap((channel) => this.recordsAt(this.head, channel)))
    return { position: this.head, entries: [...entries] }
  }

  /** The records of a channel at a position, in log order. */
  recordsAt(position: string, channel: string): readonly Entry[] {
    const records = new ChannelRecords()
    for (const entry of this.between(origin, position) ?? [])
      if (entry.channels.includes(channel)) records.apply(entry)
    return [...records]
  }

  signal(text: string): void {
    for (const listener of this.listeners) listener(text)
  }

  /** Loses its newest entries, as a replica does that takes over before it has them. */
  loseTail(count: number): void {
    const kept = Math.max(this.#branch.length - count, this.#trimmed)
    if (kept === this.#branch.length) return
    this.#lost = this.head
    this.#branch = this.#branch.slice(0, kept)
    this.#unreadable = Math.min(this.#unreadable, kept)
    this.#epoch++
    this.#tell()
  }

  /** What a broker's `read` answers. */
  read(after: string, limit: number): Page {
    if (!this.isOwnForm(after)) return { gap: 'unknown', resumeAt: this.head }
    const number = this.#numberOf(after)
    const oldest = this.#unreadable
    if (number === undefined) return { gap: 'forked', resumeAt: this.#idAt(oldest) }
    if (number < oldest) return { gap: 'trimmed', resumeAt: this.#idAt(oldest) }
    const entries = this.#branch.slice(number, number + limit)
    return { entries, done: number + entries.length === this.#branch.length }
  }

  /** What a broker hands over that has handed over everything up to a position: after a break no entry may come twice. */
  follow(handed: string, limit: number): readonly Entry[] | Break {
    const number = this.#numberOf(handed)
    if (number !== undefined && number >= this.#trimmed) return this.#branch.slice(number, number + limit)
    const oldest = Math.max(this.#partedAt(handed), this.#trimmed)
    const head = this.#options.leaps ? this.head : this.#idAt(oldest)
    return { reason: number === undefined ? 'forked' : 'trimmed', head }
  }

  newest(count: number): readonly Entry[] {
    return this.#branch.slice(Math.max(this.#trimmed, this.#branch.length - count))
  }

  /** The position so many entries before the head, whether it is still held or not. */
  back(count: number): string {
    return this.#idAt(Math.max(0, this.#branch.length - count))
  }

  isOwnForm(id: string): boolean {
    return /^\d-\d+$/.test(id)
  }

  place(id: string): number | undefined {
    return this.#history.place(id)
  }

  between(from: string, to: string): readonly Entry[] | undefined {
    return this.#history.between(from, to)
  }

  /** Whether there is a cause to skip these: it no longer has any of them or, where tails go on at the head, not all. */
  excuses(skipped: readonly Entry[]): boolean {
    const isGone = ({ id }: Entry) => (this.#numberOf(id) ?? 0) <= this.#unreadable
    return this.#options.leaps ? skipped.some(isGone) : skipped.length > 0 && skipped.every(isGone)
  }

  /** A position's number in the log as it is now. */
  #numberOf(id: string): number | undefined {
    const number = Number(id.split('-')[1])
    return number <= this.#branch.length && this.#idAt(number) === id ? number : undefined
  }

  /** Where the branch of a position left the log as it is now. */
  #partedAt(id: string): number {
    for (let at = id; ; at = this.#history.get(at)?.previous ?? origin) {
      const number = this.#numberOf(at)
      if (number !== undefined) return number
    }
  }

  #idAt(number: number): string {
    return number === 0 ? origin : this.#branch[number - 1]!.id
  }

  #tell(): void {
    for (const watcher of this.watchers) watcher()
  }
}

const origin = '0-0'
