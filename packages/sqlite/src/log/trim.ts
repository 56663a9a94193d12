import type { LogTable } from './log-table.ts'
import type { Settings } from '../options.ts'
import type { Mark } from './statements.ts'

/** What is let go within one commit, at the least; when a commit appends more, twice as much: trimming keeps pace and never piles up. */
const step = { entries: 256, bytes: 1_048_576 }

/** Lets go of the oldest entries and of keys that no longer hold, a little with every commit. */
export class Trim {
  readonly #table: LogTable
  readonly #keep: Settings['keep']
  readonly #now: () => number
  /** Whether it is time to look for what has become too old. */
  #sweeping = true

  constructor(table: LogTable, { keep, now }: Settings) {
    this.#table = table
    this.#keep = keep
    this.#now = now
  }

  /** Looks with the next commits for what has become too old. */
  sweep(): void {
    this.#sweeping = true
  }

  /** Whether there is, or may be, something to let go. */
  get due(): boolean {
    const { head, base } = this.#table
    const over = head.seq - base.seq > this.#keep.entries || head.bytes - base.bytes > this.#keep.bytes
    return over || this.#sweeping
  }

  /**
   * A step, within a transaction that has appended so much.
   *
   * @returns whether it let go of something and there may be more
   */
  step(appended: { readonly entries: number; readonly bytes: number }): boolean {
    if (!this.due) return false
    const limit = Math.max(step.entries, appended.entries * 2)
    const position = this.#expired(limit, Math.max(step.bytes, appended.bytes * 2))
    if (position) {
      this.#table.letGo(position)
      this.#table.forgetTerms()
    }
    let progress = position !== undefined
    if (this.#sweeping) {
      const { changes } = this.#table.statements.forgetKeys.run(this.#now(), limit)
      progress ||= Number(changes) === limit
      this.#sweeping = progress
    }
    return progress && this.due
  }

  /** The last of the oldest entries that are not to be kept, as far as a step goes. */
  #expired(limit: number, bytes: number): Mark | undefined {
    const { base, statements } = this.#table
    const now = this.#now()
    let last: Mark | undefined
    for (const row of statements.expired.iterate(base.seq, limit)) {
      if (!this.#isOver(row, last?.bytes ?? base.bytes, now)) break
      if (last && row.bytes - base.bytes > bytes) break
      last = row
    }
    return last
  }

  /** @param before bytes up to the entry before it */
  #isOver({ seq, at }: Mark, before: number, now: number): boolean {
    const { head } = this.#table
    const tooMany = head.seq - seq >= this.#keep.entries
    // The newest is kept however large it is.
    const tooLarge = seq < head.seq && head.bytes - before > this.#keep.bytes
    return tooMany || tooLarge || now - at > this.#keep.age
  }
}
