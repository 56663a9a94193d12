import { maxDelay } from '../check.ts'

/** The time at which the credentials of a stream expire. Of several times the earliest counts. */
export class Expiry {
  readonly #now: () => number
  readonly #expired: () => void
  #at = Number.POSITIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(now: () => number, expired: () => void) {
    this.#now = now
    this.#expired = expired
  }

  /** Whether the credentials have expired. */
  get isOver(): boolean {
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

  /** Waits in steps of at most 24.8 days, the longest delay of a timer. */
  #wait(): void {
    clearTimeout(this.#timer)
    const left = this.#at - this.#now()
    const done = left <= maxDelay ? this.#expired : () => this.#wait()
    this.#timer = setTimeout(done, Math.min(Math.max(0, left), maxDelay)).unref()
  }
}
