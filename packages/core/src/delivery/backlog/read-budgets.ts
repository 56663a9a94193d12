/** Bytes that the broker may read for one client at once: about a million entries of 256 bytes. */
const burst = 512 * 1024 * 1024
/** Milliseconds after which a client that used up everything has everything again. */
const refill = 3_600_000
/** Clients with a key that are remembered. Beyond that the one is forgotten that was charged least recently. */
const most = 10_000

interface Account {
  readonly used: number
  /** When that was so. */
  readonly at: number
}

/**
 * How much the broker has read for each client lately, so that no client can keep it busy with reading a long log again and again. A client
 * is its key, or without a key its reader.
 */
export class ReadBudgets {
  readonly #clock: () => number
  readonly #keys = new Map<string, Account>()
  readonly #readers = new WeakMap<object, Account>()

  /** @param clock a monotonic clock, in milliseconds */
  constructor(clock: () => number) {
    this.#clock = clock
  }

  isUsedUp(client: string | object): boolean {
    return this.#used(client) >= burst
  }

  /** The broker has read so many bytes for the client. */
  charge(client: string | object, bytes: number): void {
    const account = { used: this.#used(client) + bytes, at: this.#clock() }
    if (typeof client === 'object') {
      this.#readers.set(client, account)
      return
    }
    this.#keys.delete(client)
    this.#keys.set(client, account)
    const [oldest] = this.#keys.keys()
    if (this.#keys.size > most && oldest !== undefined) this.#keys.delete(oldest)
  }

  #used(client: string | object): number {
    const account = typeof client === 'object' ? this.#readers.get(client) : this.#keys.get(client)
    if (!account) return 0
    return Math.max(0, account.used - ((this.#clock() - account.at) / refill) * burst)
  }
}
