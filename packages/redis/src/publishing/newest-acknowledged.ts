import { type Cursor, compareAt } from '../log/cursor.ts'

/** The newest entry that was acknowledged to this process: when it is not in the log any more, all processes have to be told. */
export class Acknowledged {
  #newest: Cursor | undefined

  /** One that was acknowledged later than all before. */
  add(cursor: Cursor): void {
    this.#newest = cursor
  }

  /** It is not in the log any more, and that was told. */
  forget(cursor: Cursor): void {
    if (this.#newest?.id === cursor.id) this.#newest = undefined
  }

  /** That one, unless it was received: what was received is watched anyway. */
  beyond(received: Cursor): Cursor | undefined {
    const newest = this.#newest
    return newest && compareAt(newest.at, received.at) > 0 ? newest : undefined
  }
}
