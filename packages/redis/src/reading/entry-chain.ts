import { type Cursor, compareAt, parseId } from '../log/cursor.ts'
import type { LogEntry } from '../log/stored-entry.ts'

/** Epochs remembered: a log has another one after a loss only. */
const remembered = 1_000

/** What came next, and whether something is missing before it. */
export interface Step {
  readonly entry: LogEntry
  readonly missing: 'trimmed' | 'forked' | undefined
}

/** How far a log was handed over: the chain of its entries, and what was handed over before. */
export class Position {
  #cursor: Cursor
  /** The stream id up to which was read, entries of somebody else included. */
  #at: string
  /** The newest stream id that was handed over, by epoch: in the log that a backup brought back nothing comes twice. */
  readonly #handed = new Map<string, string>()
  #missing: 'trimmed' | 'forked' | undefined

  /** @param tail what is handed over already; its last is the cursor */
  constructor(cursor: Cursor, tail: readonly LogEntry[]) {
    this.#cursor = cursor
    this.#at = cursor.at
    for (const entry of tail) this.#handOver(entry.cursor)
  }

  get cursor(): Cursor {
    return this.#cursor
  }

  get at(): string {
    return this.#at
  }

  /** Whether anything of an epoch was handed over. */
  knows(epoch: string): boolean {
    return this.#handed.has(epoch)
  }

  /** Goes on elsewhere: what lies between was told as missing. */
  moveTo(cursor: Cursor): void {
    this.#cursor = cursor
    this.#at = cursor.at
    this.#missing = undefined
  }

  /** Somebody else's entry was read. */
  skip(at: string): void {
    this.#at = at
  }

  /** The next entry was read. @returns `undefined` when it was handed over before */
  step(entry: LogEntry): Step | undefined {
    if (entry.previous !== this.#cursor.id) this.#missing ??= this.#whatIsMissing(entry)
    const { at, epoch } = entry.cursor
    const newest = this.#handed.get(epoch)
    // As a rule the newest is the one before it in the stream, and nothing need be compared.
    const isNew = newest === undefined || newest === this.#at || compareAt(at, newest) > 0
    this.#cursor = entry.cursor
    this.#at = at
    if (!isNew) return undefined
    this.#handOver(entry.cursor)
    const missing = this.#missing
    this.#missing = undefined
    return { entry, missing }
  }

  /** What lies between was let go, or the entry stands where another one stood. */
  #whatIsMissing({ previous }: LogEntry): 'trimmed' | 'forked' {
    const before = parseId(previous)
    const sameEpoch = before?.epoch === this.#cursor.epoch
    return sameEpoch && compareAt(before.at, this.#cursor.at) > 0 ? 'trimmed' : 'forked'
  }

  #handOver({ at, epoch }: Cursor): void {
    this.#handed.set(epoch, at)
    if (this.#handed.size <= remembered) return
    const [oldest] = this.#handed.keys()
    if (oldest !== undefined) this.#handed.delete(oldest)
  }
}
