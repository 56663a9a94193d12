export interface ThrottleOptions {
  /** The share of the time that the work may take, between 0 and 1. */
  readonly share: number
  /** Milliseconds of work that may be done at once after a long pause. */
  readonly burst: number
  /** A monotonic clock, in milliseconds. */
  readonly clock: () => number
}

/** Limits work that is not urgent to a share of the process's time, so that it does not delay other work for long. */
export class Throttle {
  readonly #options: ThrottleOptions
  /** When all work so far would end at exactly its share of the time. */
  #due = Number.NEGATIVE_INFINITY

  constructor(options: ThrottleOptions) {
    this.#options = options
  }

  /** Milliseconds to wait before the next piece of work. */
  get delay(): number {
    const { share, burst, clock } = this.#options
    return Math.max(0, this.#due - clock() - burst / share)
  }

  /** Records a piece of work that took so many milliseconds. */
  record(milliseconds: number): void {
    const { share, clock } = this.#options
    this.#due = Math.max(this.#due, clock()) + milliseconds / share
  }
}
