import { Queue } from './queue.ts'

/** How long a key is valid, in milliseconds. */
const lifetime = 600_000

interface UsedKey {
  readonly key: string
  /** The id of the first event that was published with the key. */
  readonly id: string
  /** When the key expires, in milliseconds. */
  readonly expires: number
}

/**
 * Remembers the idempotency keys of published events for ten minutes. A repeat in that time gets the id of the first event, and does not
 * extend the time.
 */
export class IdempotencyKeys {
  readonly #now: () => number
  readonly #byKey = new Map<string, UsedKey>()
  readonly #byAge = new Queue<UsedKey>()

  /** @param now the clock, in milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  get(key: string): string | undefined {
    const now = this.#now()
    this.#removeExpired(now)
    const used = this.#byKey.get(key)
    // A key that was used after the clock was set back is queued behind older keys that expire later.
    return used && now < used.expires ? used.id : undefined
  }

  set(key: string, id: string): void {
    const used = { key, id, expires: this.#now() + lifetime }
    this.#byKey.set(key, used)
    this.#byAge.push(used)
  }

  #removeExpired(now: number): void {
    for (let oldest = this.#byAge.at(0); oldest && oldest.expires <= now; oldest = this.#byAge.at(0)) {
      if (this.#byKey.get(oldest.key) === oldest) this.#byKey.delete(oldest.key)
      this.#byAge.shift()
    }
  }
}
