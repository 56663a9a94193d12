import type { Entry, Receiver } from '@sse/core'

/** Hands what was committed to the receivers, in the order of the log. */
export class Delivery {
  /** Never changed but replaced: an entry goes to those who had started when it was committed. */
  #receivers: readonly Receiver[] = []
  #committed: { readonly entries: readonly Entry[]; readonly receivers: readonly Receiver[] }[] = []
  #delivering = false

  get receivers(): readonly Receiver[] {
    return this.#receivers
  }

  add(receiver: Receiver): void {
    this.#receivers = [...this.#receivers, receiver]
  }

  /** Tells the receivers in a turn of its own: a signal never interrupts the caller. */
  signal(text: string): void {
    setImmediate(() => {
      for (const receiver of this.#receivers) receiver.signal(text)
    })
  }

  clear(): void {
    this.#receivers = []
    this.#committed = []
  }

  /** Takes what was committed; `deliver` hands it over. */
  committed(entries: readonly Entry[]): void {
    if (entries.length > 0) this.#committed.push({ entries, receivers: this.#receivers })
  }

  /** A receiver may begin a transaction while it is handed an entry: what that commits waits until all have the first. */
  deliver(): void {
    if (this.#delivering) return
    this.#delivering = true
    try {
      for (let next = this.#committed.shift(); next; next = this.#committed.shift()) {
        for (const receiver of next.receivers) receiver.entries(next.entries)
      }
    } finally {
      this.#delivering = false
    }
  }
}
