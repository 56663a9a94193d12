/** A token bucket: it fills at a rate and holds a second's worth, at least one. */
export class RateLimit {
  readonly #perSecond: number
  readonly #now: () => number
  #tokens: number
  #filledAt: number

  /** @param now a clock that never goes back, in milliseconds */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond
    this.#now = now
    this.#tokens = this.#capacity
    this.#filledAt = now()
  }

  /** Whether there is a token. */
  get ready(): boolean {
    this.#fill()
    return this.#tokens >= 1
  }

  /** Whether nothing was taken from it lately: a new one would be the same. */
  get full(): boolean {
    this.#fill()
    return this.#tokens === this.#capacity
  }

  /** Takes a token if there is one. */
  take(): boolean {
    if (!this.ready) return false
    this.#tokens--
    return true
  }

  get #capacity(): number {
    return Math.max(1, this.#perSecond)
  }

  #fill(): void {
    const now = this.#now()
    const filled = this.#perSecond === Number.POSITIVE_INFINITY ? 0 : (now - this.#filledAt) * this.#perSecond
    this.#tokens = Math.min(this.#capacity, this.#tokens + filled / 1_000)
    this.#filledAt = now
  }
}
