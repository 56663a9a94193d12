/** The budget of a client in bytes: about a million entries of 256 bytes. */
const capacity = 512 * 1024 * 1024
/** Milliseconds in which an empty budget becomes full again. */
const refillTime = 3_600_000
/** The maximum number of keys that are remembered. Above it, the key that was charged least recently is dropped. */
const maxKeys = 10_000

interface Account {
  readonly used: number
  /** When `used` was computed, in milliseconds. */
  readonly at: number
}

/**
 * Limits how much the broker reads for each client, so that no client can keep it busy by reading a long log again and again. A client is
 * identified by its key, or without a key by its reader.
 */
export class ReadBudgets {
  readonly #clock: () => number
  readonly #keys = new Map<string, Account>()
  readonly #readers = new WeakMap<object, Account>()

  /** @param clock a monotonic clock, in milliseconds */
  constructor(clock: () => number) {
    this.#clock = clock
  }

  isExhausted(client: string | object): boolean {
    return this.#used(client) >= capacity
  }

  /** Records that the broker has read so many bytes for the client. */
  charge(client: string | object, bytes: number): void {
    const account = { used: this.#used(client) + bytes, at: this.#clock() }
    if (typeof client === 'object') {
      this.#readers.set(client, account)
      return
    }
    this.#keys.delete(client)
    this.#keys.set(client, account)
    const [oldest] = this.#keys.keys()
    if (this.#keys.size > maxKeys && oldest !== undefined) this.#keys.delete(oldest)
  }

  #used(client: string | object): number {
    const account = typeof client === 'object' ? this.#readers.get(client) : this.#keys.get(client)
    if (!account) return 0
    return Math.max(0, account.used - ((this.#clock() - account.at) / refillTime) * capacity)
  }
}
