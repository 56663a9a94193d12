/** Bytes: of the first transfer where it is not known how much there is, of the smallest and of the largest one. */
const first = 65_536
const least = 1_024
export const largest = 1_048_576
/** Milliseconds that a transfer may take for the next one to be larger: what comes after it on the same connection waits for it. */
const brisk = 500
/** Milliseconds after a loss until larger ones are tried again. */
const caution = 60_000
/** How much longer than usual an answer may take at the most. */
const mostPatience = 16

/**
 * How many bytes are moved at a time. Begins small, doubles while it works, and halves when a connection is lost over a transfer: the line
 * is slow, or Redis allows no such answer (`client-output-buffer-limit`). So no attempt is like the one that failed.
 */
export class TransferSize {
  #bytes: number
  #most = largest
  #patience = 1
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

  /** A factor for the time that an answer may take: the smallest transfer is one entry, however large. */
  get patience(): number {
    return this.#patience
  }

  /**
   * @param bytes what came, or went
   * @param milliseconds how long it took
   */
  moved(bytes: number, milliseconds: number): void {
    // One that is to be no larger seldom has its size to the byte.
    if (bytes < this.#bytes / 2 || milliseconds > brisk) return
    if (this.#most < largest && this.#now() - this.#lostAt > caution) {
      this.#most = largest
      this.#patience = 1
    }
    this.#bytes = Math.min(this.#bytes * 2, this.#most)
  }

  /** @param asked the size of the transfer over which a connection was lost: those that were lost together count once */
  lost(asked: number): void {
    this.#lostAt = this.#now()
    if (asked / 2 >= this.#most) return
    this.#most = Math.max(least, Math.floor(asked / 2))
    this.#bytes = Math.min(this.#bytes, this.#most)
    this.#patience = Math.min(mostPatience, this.#patience * 2)
  }
}
