/** Bytes of data that one answer of Redis shall hold. */
const target = 524_288
/** Entries of the first page, and of the first after a silence. */
const first = 32

/**
 * How many entries to wait for at a time: twice as many as came the last time, and as many as fit by the size of those that came before. A blocking
 * read can be told a number only.
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

  /** The size grows at once and shrinks slowly: a few large entries among small ones are not forgotten. */
  saw(entries: readonly { readonly data: string }[]): void {
    this.#limit = Math.max(first, entries.length * 2)
    if (entries.length === 0) return
    const bytes = entries.reduce((sum, { data }) => sum + data.length, 0) / entries.length
    this.#bytesPerEntry = Math.max(bytes, this.#bytesPerEntry * 0.75)
  }
}
