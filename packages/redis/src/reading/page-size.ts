/** Bytes of data in one reply of Redis, as a target. */
const target = 524_288
/** Entries of the first page, and of the first page after a silence. */
const first = 32

/**
 * How many entries the next blocking read asks for: twice as many as the last reply had, and as many as fit by the size of recent
 * entries. A blocking read has no limit of bytes.
 */
export class PageSize {
  readonly #most: number
  #limit = first
  #bytesPerEntry = 0

  constructor(most: number) {
    this.#most = most
  }

  get entries(): number {
    const fitting = Math.floor(target / Math.max(1, this.#bytesPerEntry))
    return Math.max(1, Math.min(this.#most, this.#limit, fitting))
  }

  /** The estimated size of an entry grows at once and shrinks slowly, so that a few large entries among small ones count. */
  saw(entries: readonly { readonly data: string }[]): void {
    this.#limit = Math.max(first, entries.length * 2)
    if (entries.length === 0) return
    const bytes = entries.reduce((sum, { data }) => sum + data.length, 0) / entries.length
    this.#bytesPerEntry = Math.max(bytes, this.#bytesPerEntry * 0.75)
  }
}
