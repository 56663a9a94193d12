/** Bytes: the first transfer of an unknown amount, the smallest and the largest transfer. */
const first = 65_536
const least = 1_024
export const largest = 1_048_576
/** Milliseconds: a transfer that took longer does not grow, because the next command on the connection waits for it. */
const fast = 500
/** Milliseconds after a lost connection until larger transfers are tried again. */
const recovery = 60_000
/** The limit of `timeoutFactor`. */
const largestFactor = 16

/**
 * How many bytes one transfer moves. It begins small, doubles while transfers are fast, and halves when a connection is lost during one:
 * the network is slow, or Redis limits the reply (`client-output-buffer-limit`). So no attempt repeats the one that failed.
 */
export class TransferSize {
  #bytes: number
  #most = largest
  #timeoutFactor = 1
  #lostAt = 0
  readonly #now: () => number

  /**
   * @param bytes of the first transfer
   * @param now milliseconds by a monotonic clock
   */
  constructor(bytes: number = first, now: () => number = () => performance.now()) {
    this.#bytes = bytes
    this.#now = now
  }

  get bytes(): number {
    return this.#bytes
  }

  /** How many times longer than usual the reply may take: the smallest transfer is one entry, however large. */
  get timeoutFactor(): number {
    return this.#timeoutFactor
  }

  /**
   * @param bytes that were moved
   * @param milliseconds that it took
   */
  moved(bytes: number, milliseconds: number): void {
    // A full transfer seldom has exactly its size.
    if (bytes < this.#bytes / 2 || milliseconds > fast) return
    if (this.#most < largest && this.#now() - this.#lostAt > recovery) {
      this.#most = largest
      this.#timeoutFactor = 1
    }
    this.#bytes = Math.min(this.#bytes * 2, this.#most)
  }

  /** @param asked the size of the transfer during which a connection was lost; transfers that were lost together count once */
  lost(asked: number): void {
    this.#lostAt = this.#now()
    if (asked / 2 >= this.#most) return
    this.#most = Math.max(least, Math.floor(asked / 2))
    this.#bytes = Math.min(this.#bytes, this.#most)
    this.#timeoutFactor = Math.min(largestFactor, this.#timeoutFactor * 2)
  }
}
