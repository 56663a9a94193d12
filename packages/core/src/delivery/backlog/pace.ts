export interface PaceOptions {
  /** The part of the time that the work may take, between 0 and 1. */
  readonly share: number
  /** Milliseconds of work that are done at once after a long rest. */
  readonly burst: number
  /** A monotonic clock, in milliseconds. */
  readonly clock: () => number
}

/** Keeps work that is not urgent to a share of the process's time, so that it delays nothing else for long. */
export class Pace {
  readonly #options: PaceOptions
  /** When all work so far would be done if it took its share and no more. */
  #due = Number.NEGATIVE_INFINITY

  constructor(options: PaceOptions) {
    this.#options = options
  }

  /** Milliseconds to wait before the next piece of work. */
  get rest(): number {
    const { share, burst, clock } = this.#options
    return Math.max(0, this.#due - clock() - burst / share)
  }

  /** A piece of work has taken so many milliseconds. */
  spent(milliseconds: number): void {
    const { share, clock } = this.#options
    this.#due = Math.max(this.#due, clock()) + milliseconds / share
  }
}
