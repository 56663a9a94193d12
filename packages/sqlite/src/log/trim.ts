import type { Entry } from '@sse/core'
import type { Settings } from '../options.ts'
import type { LogTable } from './log-table.ts'
import type { RowSize } from './statements.ts'

/** The maximum that one commit removes. A large commit removes up to twice as much as it appends, so that trimming keeps up. */
const step = { entries: 256, bytes: 1_048_576 }

/** Removes the oldest entries and expired keys, a little with each commit. */
export class Trim {
  readonly #table: LogTable
  readonly #keep: Settings['keep']
  readonly #records: Settings['records']
  readonly #now: () => number
  /** Whether the next commits look for entries and keys that are too old. */
  #checksAge = true
  #checksRecords = false

  constructor(table: LogTable, { keep, records, now }: Settings) {
    this.#records = records
    this.#table = table
    this.#keep = keep
    this.#now = now
  }

  /** The next commits look for entries and keys that are too old. */
  checkAge(): void {
    this.#checksAge = true
    this.#checksRecords = this.#records.age !== Number.POSITIVE_INFINITY
  }

  /** Whether there may be something to remove. */
  get due(): boolean {
    const { head, base } = this.#table
    const over = head.seq - base.seq > this.#keep.entries || head.bytes - base.bytes > this.#keep.bytes
    return over || this.#checksAge || this.#checksRecords
  }

  /** Removes records that are too old, within a transaction. @returns the entries that say so */
  removeOldRecords(): readonly Entry[] {
    if (!this.#checksRecords) return []
    const now = this.#now()
    const entries = this.#table.removeOldRecords(now - this.#records.age, now, step.entries)
    this.#checksRecords = entries.length === step.entries
    return entries
  }

  /**
   * Removes a little, within a transaction.
   *
   * @param appended by this transaction
   * @returns whether something was removed and there may be more
   */
  step(appended: { readonly entries: number; readonly bytes: number }): boolean {
    if (!this.due) return false
    const limit = Math.max(step.entries, appended.entries * 2)
    const last = this.#expired(limit, Math.max(step.bytes, appended.bytes * 2))
    if (last) {
      this.#table.removeUpTo(last)
      this.#table.forgetNonces()
    }
    let progress = last !== undefined
    if (this.#checksAge) {
      const { changes } = this.#table.statements.forgetKeys.run(this.#now(), limit)
      progress ||= Number(changes) === limit
      this.#checksAge = progress
    }
    return progress && this.due
  }

  /** The last entry that this step removes. */
  #expired(limit: number, bytes: number): RowSize | undefined {
    const { base, statements } = this.#table
    const now = this.#now()
    let last: RowSize | undefined
    for (const row of statements.expired.iterate(base.seq, limit)) {
      if (!this.#isOver(row, last?.bytes ?? base.bytes, now)) break
      if (last && row.bytes - base.bytes > bytes) break
      last = row
    }
    return last
  }

  /** @param before the bytes of the entry before it */
  #isOver({ seq, at }: RowSize, before: number, now: number): boolean {
    const { head } = this.#table
    const tooMany = head.seq - seq >= this.#keep.entries
    // The newest entry is kept, however large it is.
    const tooLarge = seq < head.seq && head.bytes - before > this.#keep.bytes
    return tooMany || tooLarge || now - at > this.#keep.age
  }
}
