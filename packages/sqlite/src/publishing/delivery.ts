import type { Entry, Receiver } from '@sse/core'

/** Delivers committed entries to the receiver, in the order of the log. */
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

  /** Delivers in a turn of its own, so that a signal never interrupts its sender. */
  signal(text: string): void {
    setImmediate(() => this.#receiver?.signal(text))
  }

  /** Queues entries until `deliver`. */
  committed(entries: Entry[]): void {
    if (entries.length > 0) this.#committed.push(entries)
  }

  /** The receiver may begin a transaction while it receives entries. The entries of that transaction are delivered after these. */
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
