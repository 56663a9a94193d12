import { Queue } from '../log/queue.ts'

/** The maximum number of disconnected keys that are remembered. */
const maxKeys = 10_000

/** The instruction to clients of a disconnected key: reconnect after so many milliseconds, do not reconnect, or none. */
export interface Revocation {
  readonly reconnect: number | false | undefined
}

/**
 * Remembers and numbers the disconnects of keys. Each request keeps the number of the latest disconnect at its arrival. So its stream does not
 * open after a later disconnect of its key, however long the app takes to subscribe it.
 */
export class Revocations {
  #count = 0
  readonly #byKey = new Map<string, Revocation & { readonly number: number }>()
  readonly #order = new Queue<{ readonly key: string; readonly number: number }>()
  /** The number of the newest disconnect that was dropped or missed. */
  #dropped = 0

  /** The number of the latest disconnect, which a request keeps when it arrives. */
  get latest(): number {
    return this.#count
  }

  add(key: string, reconnect: number | false | undefined): void {
    const number = ++this.#count
    this.#byKey.set(key, { number, reconnect })
    this.#order.push({ key, number })
    while (this.#order.length > maxKeys) {
      const oldest = this.#order.shift()!
      if (this.#byKey.get(oldest.key)?.number !== oldest.number) continue
      this.#byKey.delete(oldest.key)
      this.#dropped = oldest.number
    }
  }

  /** Disconnects were missed, of whatever keys. */
  addUnknown(): void {
    this.#dropped = ++this.#count
  }

  /** The revocation of a key after a request arrived. If disconnects were dropped or missed since then, the client must reconnect to be safe. */
  since(arrival: number, key: string): Revocation | undefined {
    const revocation = this.#byKey.get(key)
    if (revocation && revocation.number > arrival) return revocation
    return arrival < this.#dropped ? { reconnect: undefined } : undefined
  }
}
