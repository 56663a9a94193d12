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

  /** Takes a token if there is one. */
  take(): boolean {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true
    const now = this.#now()
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond)
    this.#filledAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  get #capacity(): number {
    return Math.max(1, this.#perSecond)
  }
}
