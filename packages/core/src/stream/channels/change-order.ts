/** The maximum number of channels whose latest change is remembered. Above it, the oldest are dropped. */
const maxChannels = 512

/**
 * The order of the changes to a stream's channels. Authorization takes time, so an older change may be decided after a newer one. It must not
 * override the channels of the newer change.
 */
export class ChangeOrder {
  #turn = 0
  readonly #latest = new Map<string, number>()

  /** Assigns the turn of a change that arrives now: its number in the order of arrival. */
  next(): number {
    return ++this.#turn
  }

  /** Records a decided change. @returns the channels that no newer change has decided already */
  record(channels: readonly string[], turn: number): readonly string[] {
    const current = channels.filter((channel) => (this.#latest.get(channel) ?? 0) <= turn)
    for (const channel of current) {
      this.#latest.delete(channel)
      this.#latest.set(channel, turn)
    }
    for (const oldest of this.#latest.keys()) {
      if (this.#latest.size <= maxChannels) break
      this.#latest.delete(oldest)
    }
    return current
  }
}
