import { Fifo } from '../log/fifo.ts'

/** Keys remembered at most; of the others it is not known any more whether they were disconnected. */
const remembered = 10_000

/** What a stream of a disconnected key is told: come back after so many milliseconds, stay away, or nothing. */
export interface Revocation {
  readonly reconnect: number | false | undefined
}

/**
 * Which keys were disconnected, and in which order with the requests that arrived here: a stream that was asked for before its key was
 * disconnected does not open after it, however long the app took to decide.
 */
export class Revocations {
  #count = 0
  readonly #byKey = new Map<string, Revocation & { readonly number: number }>()
  readonly #order = new Fifo<{ readonly key: string; readonly number: number }>()
  /** The number of the newest that was forgotten. */
  #forgotten = 0

  /** This moment, for a request that arrives now. */
  get now(): number {
    return this.#count
  }

  add(key: string, reconnect: number | false | undefined): void {
    const number = ++this.#count
    this.#byKey.set(key, { number, reconnect })
    this.#order.push({ key, number })
    while (this.#order.length > remembered) {
      const oldest = this.#order.shift()!
      if (this.#byKey.get(oldest.key)?.number !== oldest.number) continue
      this.#byKey.delete(oldest.key)
      this.#forgotten = oldest.number
    }
  }

  /** What became of a key since a moment. A request from before all that is remembered is told to come back and be judged again. */
  since(moment: number, key: string): Revocation | undefined {
    const revocation = this.#byKey.get(key)
    if (revocation && revocation.number > moment) return revocation
    return moment < this.#forgotten ? { reconnect: undefined } : undefined
  }
}
