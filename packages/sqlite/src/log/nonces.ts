/** A nonce, drawn when a broker starts. All entries up to the next start have it. */
export interface NonceRange {
  /** The number of the first entry that has it. */
  readonly first: number
  readonly nonce: string
}

/** How many nonces are kept at least, so that an old cursor can still be told from one of a lost tail. */
const kept = 1_000

/** The nonces of a log, by the numbers of its entries. */
export class Nonces {
  #ranges: readonly NonceRange[]

  /** @param ranges in their order, at least one */
  constructor(ranges: readonly NonceRange[]) {
    this.#ranges = ranges
  }

  /** The nonce of an entry; `undefined` if it is so old that its nonce was forgotten. */
  at(seq: number): string | undefined {
    const last = this.#ranges.at(-1)
    if (last && last.first <= seq) return last.nonce
    let [from, to] = [0, this.#ranges.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.#ranges[middle]!.first <= seq) from = middle + 1
      else to = middle
    }
    return this.#ranges[from - 1]?.nonce
  }

  /**
   * Forgets the nonces of entries before this one, but keeps the newest thousand.
   *
   * @returns the first entry of the oldest nonce that is left, if any was forgotten
   */
  forgetBefore(seq: number): number | undefined {
    const beyond = this.#ranges.findIndex((_, index) => (this.#ranges[index + 1]?.first ?? Infinity) > seq)
    const count = Math.min(beyond, this.#ranges.length - kept)
    if (count <= 0) return undefined
    this.#ranges = this.#ranges.slice(count)
    return this.#ranges[0]!.first
  }
}
