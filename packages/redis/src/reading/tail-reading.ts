import type { Connection } from '../connection/connection.ts'
import type { TransferSize } from '../connection/transfer-size.ts'
import { type Cursor, compareAt } from '../log/cursor.ts'
import type { Keys } from '../log/keys.ts'
import { type LogState, lookAt, statusOf } from '../log/log-state.ts'
import { type ParsedEntry, parseEntries } from '../log/stored-entry.ts'
import { readStored } from '../log/stored-page.ts'

/** Entries in one page at most. */
const pageEntries = 512

export interface TailReadingOptions {
  readonly keys: Keys
  readonly most: { readonly entries: number; readonly bytes: number }
  readonly size: TransferSize
  /** Is called with every page: on a slow network reading takes long. */
  readonly onProgress: () => void
}

export interface Tail {
  readonly head: Cursor
  /** The newest entries, oldest first. The last one is the head. */
  readonly entries: readonly ParsedEntry[]
  /** The log before it was read. */
  readonly state: LogState
}

/** Reads the newest entries of the log, backwards. If the connection is lost, the next connection continues where it ended. */
export class TailReading {
  readonly #options: TailReadingOptions
  #state: LogState | undefined
  #head: Cursor | undefined
  #newestFirst: ParsedEntry[] = []
  #bytes = 0
  #from = '+'

  constructor(options: TailReadingOptions) {
    this.#options = options
  }

  /** @throws (rejected) the error that Redis replies, or why the connection was lost; another connection may continue */
  async read(connection: Connection): Promise<Tail> {
    const { keys, size, onProgress } = this.#options
    const state = await this.#begin(connection)
    for (;;) {
      const limits = { most: pageEntries, size }
      const { stored, more } = await readStored(connection, keys, 'XREVRANGE', this.#from, limits)
      onProgress()
      const page = parseEntries(stored)
      const newest = page[0]?.cursor
      this.#head ??= newest && isNewer(newest, state.head) ? newest : state.head
      const isEnough = this.#take(page, this.#head)
      const oldest = stored.at(-1)
      if (isEnough || !more || !oldest)
        return { head: this.#head, state, entries: this.#newestFirst.toReversed() }
      this.#from = `(${oldest[0]}`
    }
  }

  /** Continues after the former connection, unless the log has lost the entries that were read. */
  async #begin(connection: Connection): Promise<LogState> {
    const state = await lookAt(connection, this.#options.keys, this.#head)
    if (this.#state && this.#head && statusOf(this.#head, state) === 'complete') return this.#state
    this.#state = state
    this.#head = undefined
    this.#newestFirst = []
    this.#bytes = 0
    this.#from = '+'
    return state
  }

  /** @returns whether this is enough. Entries before a fork belong to another history, so they are read on demand only. */
  #take(page: readonly ParsedEntry[], head: Cursor): boolean {
    const { most } = this.#options
    for (const entry of page) {
      const expected = this.#newestFirst.at(-1)?.previous ?? head.id
      this.#bytes += entry.data.length
      const isFull = this.#newestFirst.length >= most.entries || this.#bytes > most.bytes
      if (entry.id !== expected || isFull) return true
      this.#newestFirst.push(entry)
    }
    return false
  }
}

/** Whether the entry was appended after the head was read. A head that a fork has renamed has the place of the last entry. */
function isNewer(cursor: Cursor, head: Cursor): boolean {
  return cursor.epoch !== head.epoch ? compareAt(cursor.at, head.at) !== 0 : compareAt(cursor.at, head.at) > 0
}
