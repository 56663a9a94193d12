/** The maximum number of ended channels that a log remembers. */
export const maxEnded = 10_000

/** The channels whose newest entry is an end, in the order of these entries. */
export class EndedSet {
  readonly #channels: Set<string>

  constructor(channels: Iterable<string> = []) {
    this.#channels = new Set(channels)
  }

  get size(): number {
    return this.#channels.size
  }

  has(channel: string): boolean {
    return this.#channels.has(channel)
  }

  /** Called with the channels of each entry, and whether it ends them. */
  apply(channels: readonly string[], isEnd: boolean): void {
    if (!isEnd) {
      if (this.#channels.size > 0) for (const channel of channels) this.#channels.delete(channel)
      return
    }
    for (const channel of channels) {
      this.#channels.delete(channel)
      this.#channels.add(channel)
    }
    for (const oldest of this.#channels) {
      if (this.#channels.size <= maxEnded) return
      this.#channels.delete(oldest)
    }
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#channels.values()
  }
}
