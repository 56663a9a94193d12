import type { Entry, Receiver } from '@sse/core'

/** Hands what was committed to the receiver, in the order of the log. */
export class Delivery {
  #receiver: Receiver | undefined
  readonly #committed: Entry[][] = []
  #delivering = false

  get receiver(): Receiver | undefined {
    return this.#receiver
  }

  set receiver(receiver: Receiver | undefined) {
    this.#receiver = receiver
    this.#committed.length = 0
  }

  /** Tells the receiver in a turn of its own: a signal never interrupts the caller. */
  signal(text: string): void {
    setImmediate(() => this.#receiver?.signal(text))
  }

  /** Takes what was committed; `deliver` hands it over. */
  committed(entries: Entry[]): void {
    if (entries.length > 0) this.#committed.push(entries)
  }

  /** The receiver may begin a transaction while it is handed an entry: what that commits waits until it has the first. */
  deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    try {
      for (let next = this.#committed.shift(); next; next = this.#committed.shift()) {
        this.#receiver?.entries(next)
      }
    } finally {
      this.#delivering = false
    }
  }
}
