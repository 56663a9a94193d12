/** One event in the log. */
export interface Entry {
  /** Its id: ASCII `!` to `~`, at most 64 bytes, opaque to everyone but the broker. */
  readonly id: string
  /** The id of the entry before it, over all channels; of the first entry, the log's origin. */
  readonly previous: string
  /** The channels it was published to: at least one. */
  readonly channels: readonly string[]
  /** Its name; without one the client sees a `message` event. */
  readonly event?: string | undefined
  /** Its data as the text on the wire. */
  readonly data: string
}

/** Why the log cannot give everything after a cursor. */
export type GapReason =
  /** It is this log's, but no longer held. */
  | 'trimmed'
  /** The log that it came from is gone, or lost its tail. */
  | 'forked'
  /** It is no cursor of this broker's. */
  | 'unknown'

/** What a hub is told by its broker. None of the calls throws. */
export interface Receiver {
  /** New entries in log order, each with the one before it as `previous`. */
  entries(batch: readonly Entry[]): void
  /** The tail broke: what lies between the last entry and `head` will not come. */
  discontinuity(discontinuity: { readonly reason: 'trimmed' | 'forked'; readonly head: string }): void
  /** Whether the broker reaches its log. */
  health(state: 'up' | 'down'): void
}

/** A page of the log, or the reason why there is none. */
export type Page =
  | { readonly entries: readonly Entry[]; readonly done: boolean }
  | { readonly gap: GapReason; readonly resumeAt: string }

/** What became of a publish. */
export interface Published {
  /** The id of the event in the log. */
  readonly id: string
  /** Whether the log had it already under the same idempotency key. */
  readonly duplicate: boolean
}

/**
 * The port to the ordered log that the hubs of one or many processes share. The hub delivers only what the broker hands
 * back, its own publishes included, so that one process and ten run the same path.
 */
export interface Broker {
  /** Begins to hand new entries to the receiver; answers the head and the newest entries, whose last is the head. */
  start(receiver: Receiver): Promise<{ readonly head: string; readonly tail: readonly Entry[] }>
  /** Appends to the log; once resolved the event is in it. */
  publish(
    channels: readonly string[],
    message: { readonly event?: string | undefined; readonly data: string },
    options?: { readonly idempotencyKey?: string | undefined },
  ): Promise<Published>
  /** The entries after a cursor, oldest first, at most `limit`; `done` when there are no more. */
  read(after: string, options: { readonly limit: number; readonly signal: AbortSignal }): Promise<Page>
  close(): Promise<void>
}
