/** Channels whose latest change is remembered. Beyond that the oldest are forgotten. */
const remembered = 512

/**
 * The order of the changes to a stream's channels. To authorize a change takes time, so an older change may be decided after a newer one.
 * What the newer one said about a channel stays.
 */
export class ChangeOrder {
  #turn = 0
  readonly #latest = new Map<string, number>()

  /** The turn of a change that arrives now. */
  next(): number {
    return ++this.#turn
  }

  /** Records a change that was decided. @returns the channels about which no newer change was decided */
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
