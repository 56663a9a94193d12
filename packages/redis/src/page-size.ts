/** Bytes of data that one answer of Redis shall hold. */
const target = 1_048_576

/** How many entries to ask for: as many as fit, by the size of those that came before. */
export class PageSize {
  readonly #most: number
  #bytesPerEntry = 0

  constructor(most: number) {
    this.#most = most
  }

  get entries(): number {
    return Math.max(1, Math.min(this.#most, Math.floor(target / Math.max(1, this.#bytesPerEntry))))
  }

  /** Grows at once and shrinks slowly: a few large entries among small ones are not forgotten. */
  saw(entries: readonly { readonly data: string }[]): void {
    if (entries.length === 0) return
    const bytes = entries.reduce((sum, { data }) => sum + data.length, 0) / entries.length
    this.#bytesPerEntry = Math.max(bytes, this.#bytesPerEntry * 0.75)
  }
}
