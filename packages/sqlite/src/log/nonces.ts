/** From one start of a broker to the next: the entries that it appends carry its nonce. */
export interface Term {
  /** The number of its first entry. */
  readonly first: number
  readonly nonce: string
}

/** Terms kept beyond those of the entries held, so that a cursor let go of long ago is still told from one of a lost tail. */
const kept = 1_000

/** The nonces of a log by the numbers of its entries. */
export class Terms {
  #terms: readonly Term[]

  /** @param terms in their order, at least one */
  constructor(terms: readonly Term[]) {
    this.#terms = terms
  }

  /** The nonce of an entry; `undefined` when that is so long ago that it is not known any more. */
  nonceAt(seq: number): string | undefined {
    const last = this.#terms.at(-1)
    if (last && last.first <= seq) return last.nonce
    let [from, to] = [0, this.#terms.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.#terms[middle]!.first <= seq) from = middle + 1
      else to = middle
    }
    return this.#terms[from - 1]?.nonce
  }

  /**
   * Forgets terms that ended before an entry, but not the newest thousand.
   *
   * @returns the first entry of the oldest term that is left, when any was forgotten
   */
  forget(before: number): number | undefined {
    const beyond = this.#terms.findIndex((_, index) => (this.#terms[index + 1]?.first ?? Infinity) > before)
    const count = Math.min(beyond, this.#terms.length - kept)
    if (count <= 0) return undefined
    this.#terms = this.#terms.slice(count)
    return this.#terms[0]!.first
  }
}
