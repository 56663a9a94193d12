import type { Connection } from '../connection/connection.ts'
import { type Cursor, compareAt } from '../log/cursor.ts'
import type { Keys } from '../log/keys.ts'
import { type LogState, lookAt, verdictOn } from '../log/log-state.ts'
import { type LogEntry, toEntries } from '../log/stored-entry.ts'
import { readBackwards } from '../log/stored-page.ts'
import type { TransferSize } from '../connection/transfer-size.ts'

/** Entries of a page, at the most. */
const largest = 512

export interface BootOptions {
  readonly keys: Keys
  readonly most: { readonly entries: number; readonly bytes: number }
  readonly size: TransferSize
  /** Called with every page: it takes long where the line is slow. */
  readonly onProgress: () => void
}

/** What was read. */
export interface Booted {
  readonly head: Cursor
  /** The newest entries, oldest first: the last is the head. */
  readonly tail: readonly LogEntry[]
  /** How the log stood before. */
  readonly state: LogState
}

/** Reads the end of a log, begun where there is none. What was read by one connection is not read again by the next one. */
export class Boot {
  readonly #options: BootOptions
  #state: LogState | undefined
  #head: Cursor | undefined
  #newestFirst: LogEntry[] = []
  #bytes = 0
  #end = '+'

  constructor(options: BootOptions) {
    this.#options = options
  }

  /** @throws (rejected) what Redis answers, or what happened to the connection: another one may go on */
  async read(connection: Connection): Promise<Booted> {
    const { keys, size, onProgress } = this.#options
    const state = await this.#begin(connection)
    for (;;) {
      const { stored, more } = await readBackwards(connection, keys, this.#end, largest, size)
      onProgress()
      const page = toEntries(stored)
      const newest = page[0]?.cursor
      this.#head ??= newest && isNewer(newest, state.head) ? newest : state.head
      const isWhole = this.#take(page, this.#head)
      const oldest = stored.at(-1)
      if (isWhole || !more || !oldest)
        return { head: this.#head, state, tail: this.#newestFirst.toReversed() }
      this.#end = `(${oldest[0]}`
    }
  }

  /** Goes on where the connection before was lost, unless the log has lost what it had read. */
  async #begin(connection: Connection): Promise<LogState> {
    const { keys } = this.#options
    const state = await lookAt(connection, keys, this.#head)
    if (this.#state && this.#head && verdictOn(this.#head, state) === 'complete') return this.#state
    this.#state = state
    this.#head = undefined
    this.#newestFirst = []
    this.#bytes = 0
    this.#end = '+'
    return state
  }

  /** @returns whether there is enough. Beyond a fork is another log: what lies there is read when somebody asks for it */
  #take(page: readonly LogEntry[], head: Cursor): boolean {
    const { most } = this.#options
    for (const entry of page) {
      const after = this.#newestFirst.at(-1)?.previous ?? head.id
      this.#bytes += entry.data.length
      if (entry.id !== after || this.#newestFirst.length >= most.entries || this.#bytes > most.bytes)
        return true
      this.#newestFirst.push(entry)
    }
    return false
  }
}

/** Whether something was appended since one looked. A head that was renamed by a fork stands where the last entry stands. */
function isNewer(cursor: Cursor, head: Cursor): boolean {
  return cursor.epoch !== head.epoch ? compareAt(cursor.at, head.at) !== 0 : compareAt(cursor.at, head.at) > 0
}
