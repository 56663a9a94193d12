import { Fifo } from './fifo.ts'

/** How long a key holds, in milliseconds. */
const lifetime = 600_000

interface Held {
  readonly key: string
  /** Of the first event that was published under the key. */
  readonly id: string
  /** When the key is free again, in milliseconds. */
  readonly expires: number
}

/**
 * The ids of what was published under a key, for ten minutes: a repeat within them is answered with the first id, and does not
 * prolong them.
 */
export class IdempotencyKeys {
  readonly #now: () => number
  readonly #held = new Map<string, Held>()
  readonly #byAge = new Fifo<Held>()

  /** @param now the clock, in milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  get(key: string): string | undefined {
    const now = this.#now()
    this.#forget(now)
    const held = this.#held.get(key)
    // A key taken after the clock was set back stands behind older ones that expire later.
    return held && now < held.expires ? held.id : undefined
  }

  set(key: string, id: string): void {
    const held = { key, id, expires: this.#now() + lifetime }
    this.#held.set(key, held)
    this.#byAge.push(held)
  }

  #forget(now: number): void {
    for (let oldest = this.#byAge.at(0); oldest && oldest.expires <= now; oldest = this.#byAge.at(0)) {
      if (this.#held.get(oldest.key) === oldest) this.#held.delete(oldest.key)
      this.#byAge.shift()
    }
  }
}
