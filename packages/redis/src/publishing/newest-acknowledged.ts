import { type Cursor, compareAt } from '../log/cursor.ts'

/** The newest entry that Redis has acknowledged to this process. If the log loses it, all processes have to hear of the loss. */
export class NewestAcknowledged {
  #cursor: Cursor | undefined

  set(cursor: Cursor): void {
    this.#cursor = cursor
  }

  /** All processes have heard that the log has lost this entry. */
  forget(cursor: Cursor): void {
    if (this.#cursor?.id === cursor.id) this.#cursor = undefined
  }

  /** @returns the entry if it is newer than one that was received, because the received one is checked anyway */
  newerThan(received: Cursor): Cursor | undefined {
    const cursor = this.#cursor
    return cursor && compareAt(cursor.at, received.at) > 0 ? cursor : undefined
  }
}
