import { type Cursor, compareAt, parseId } from '../log/cursor.ts'
import type { ParsedEntry } from '../log/stored-entry.ts'

/** The maximum number of epochs that are remembered. A log has a new epoch only after a loss. */
const rememberedEpochs = 1_000

/** Follows the log from entry to entry. Each entry names the one before it, so the chain notices missing and repeated entries. */
export class EntryChain {
  #cursor: Cursor
  /** The stream id of the last entry that was read, including entries of other programs. */
  #at: string
  /** The newest stream id that was delivered, by epoch. So no entry is repeated after a backup of the log was restored. */
  readonly #delivered = new Map<string, string>()
  #missing: 'trimmed' | 'forked' | undefined

  /** @param tail entries that were delivered already; the last one is at the cursor */
  constructor(cursor: Cursor, tail: readonly ParsedEntry[]) {
    this.#cursor = cursor
    this.#at = cursor.at
    for (const entry of tail) this.#setDelivered(entry.cursor)
  }

  get cursor(): Cursor {
    return this.#cursor
  }

  get at(): string {
    return this.#at
  }

  /** Whether an entry of this epoch was delivered. */
  knows(epoch: string): boolean {
    return this.#delivered.has(epoch)
  }

  /** Continues elsewhere, after a gap. */
  moveTo(cursor: Cursor): void {
    this.#cursor = cursor
    this.#at = cursor.at
    this.#missing = undefined
  }

  /** Passes an entry of another program. */
  skip(at: string): void {
    this.#at = at
  }

  /** Adds the next entry. @returns the kind of loss before it, if any; `undefined` if the entry was delivered before */
  add(entry: ParsedEntry): { readonly missing: 'trimmed' | 'forked' | undefined } | undefined {
    if (entry.previous !== this.#cursor.id) this.#missing ??= this.#missingBefore(entry)
    const { at, epoch } = entry.cursor
    const newest = this.#delivered.get(epoch)
    // Usually the newest is the entry just before it, and no ids need to be compared.
    const isNew = newest === undefined || newest === this.#at || compareAt(at, newest) > 0
    this.#cursor = entry.cursor
    this.#at = at
    if (!isNew) return undefined
    this.#setDelivered(entry.cursor)
    const missing = this.#missing
    this.#missing = undefined
    return { missing }
  }

  /** Either the entries between were trimmed, or this entry has replaced another one. */
  #missingBefore({ previous }: ParsedEntry): 'trimmed' | 'forked' {
    const before = parseId(previous)
    const sameEpoch = before?.epoch === this.#cursor.epoch
    return sameEpoch && compareAt(before.at, this.#cursor.at) > 0 ? 'trimmed' : 'forked'
  }

  #setDelivered({ at, epoch }: Cursor): void {
    this.#delivered.set(epoch, at)
    if (this.#delivered.size <= rememberedEpochs) return
    const [oldest] = this.#delivered.keys()
    if (oldest !== undefined) this.#delivered.delete(oldest)
  }
}
