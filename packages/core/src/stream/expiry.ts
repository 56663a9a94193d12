const longestTimer = 2 ** 31 - 1

/** The end of a stream's credentials: of several the earliest counts. */
export class Expiry {
  readonly #now: () => number
  readonly #expired: () => void
  #at = Number.POSITIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(now: () => number, expired: () => void) {
    this.#now = now
    this.#expired = expired
  }

  /** Whether the time has come. */
  get over(): boolean {
    return this.#now() >= this.#at
  }

  notAfter(time: Date): void {
    if (time.getTime() >= this.#at) return
    this.#at = time.getTime()
    this.#wait()
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  /** A timer reaches no further than 24 days: what is beyond is waited for in steps. */
  #wait(): void {
    clearTimeout(this.#timer)
    const left = this.#at - this.#now()
    const done = left <= longestTimer ? this.#expired : () => this.#wait()
    this.#timer = setTimeout(done, Math.min(Math.max(0, left), longestTimer)).unref()
  }
}
