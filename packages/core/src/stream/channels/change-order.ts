/** Channels whose last wish is known; of more the oldest are forgotten. */
const remembered = 512

/**
 * Which wish for a channel of a stream came last. To judge a wish takes time, so that one may be decided after another that came later: what
 * the later one said about a channel stays.
 */
export class Wishes {
  #turn = 0
  readonly #latest = new Map<string, number>()

  /** The turn of a wish that arrives now. */
  next(): number {
    return ++this.#turn
  }

  /** The channels about which no later wish was decided. */
  take(channels: readonly string[], turn: number): readonly string[] {
    const own = channels.filter((channel) => (this.#latest.get(channel) ?? 0) <= turn)
    for (const channel of own) {
      this.#latest.delete(channel)
      this.#latest.set(channel, turn)
    }
    for (const oldest of this.#latest.keys()) {
      if (this.#latest.size <= remembered) break
      this.#latest.delete(oldest)
    }
    return own
  }
}
