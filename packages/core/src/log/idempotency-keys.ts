import { Fifo } from './fifo.ts'

/** How long a key holds, in milliseconds. */
const lifetime = 600_000

/** The ids of what was published under a key, for ten minutes: a repeat within them is answered with the first id. */
export class IdempotencyKeys {
  readonly #now: () => number
  readonly #ids = new Map<string, string>()
  readonly #expiries = new Fifo<{ key: string; expires: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  get(key: string): string | undefined {
    this.#forgetExpired()
    return this.#ids.get(key)
  }

  set(key: string, id: string): void {
    this.#ids.set(key, id)
    this.#expiries.push({ key, expires: this.#now() + lifetime })
  }

  #forgetExpired(): void {
    for (
      let oldest = this.#expiries.at(0);
      oldest && oldest.expires <= this.#now();
      oldest = this.#expiries.at(0)
    ) {
      this.#ids.delete(oldest.key)
      this.#expiries.shift()
    }
  }
}
