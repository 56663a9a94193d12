/** One event in the log. */
export interface Entry {
  /**
   * Its id: `<epoch>-<number>[.<number>][-<nonce>]`, at most 64 bytes of `!` to `~`. The numbers of one epoch ascend with the log. Only
   * `comparePositions` and the broker read it.
   */
  readonly id: string
  /** The id of the entry before it, over all channels; of the first entry, the log's origin. */
  readonly previous: string
  /** The channels it was published to: at least one. */
  readonly channels: readonly string[]
  /** Its name; without one the client sees a `message` event. */
  readonly event?: string | undefined
  /** The name of the record that it sets or, as the event `sse.removed`, removes on each of its channels. */
  readonly record?: string | undefined
  /** Its data as the text on the wire: a lone surrogate may come back as U+FFFD, which is what it becomes there. */
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
  /**
   * The tail broke: what lies between the last entry and `head` will not come. What comes next follows `head`, and nothing that was
   * handed over before comes again: after a fork the head is the log's own, unless the broker knows what of it is new.
   */
  discontinuity(discontinuity: { readonly reason: 'trimmed' | 'forked'; readonly head: string }): void
  /** Whether the broker reaches its log: told by the time `start` resolves, and whenever it changes. */
  health(state: 'up' | 'down'): void
  /** A signal of any broker on the log, this one included. */
  signal(text: string): void
}

/** A page of the log, or the reason why there is none. */
export type Page =
  | { readonly entries: readonly Entry[]; readonly done: boolean }
  /** `resumeAt` is a cursor to read on from: before the oldest entry held; after what is `unknown`, the head. */
  | { readonly gap: GapReason; readonly resumeAt: string }

/** What became of a publish. */
export interface Published {
  /** The id of the event in the log. */
  readonly id: string
  /** Whether the log had it already under the same idempotency key. */
  readonly duplicate: boolean
}

/** The records of some channels at one position of the log. */
export interface Records {
  readonly position: string
  /** The newest entry of every record, each once; those of one channel in log order. */
  readonly entries: readonly Entry[]
}

/** A transaction of the app and the log. */
export interface OpenTransaction {
  /** Rolls it back when its function returns: a publish within it was refused. */
  fail(error: unknown): void
}

/**
 * The port to the ordered log that the hubs of one or many processes share. The hub delivers only what the broker hands
 * back, its own publishes included, so that one process and ten run the same path.
 *
 * `brokerConformance` of `@sse/core/testing` tests what is promised here.
 */
export interface Broker {
  /**
   * Begins to hand new entries to the receiver; answers the head and the newest entries, whose last is the head. The receiver is
   * handed what comes after them, also before the promise resolves: no entry is lost in between, and none is in both.
   *
   * Without any entry the head is the log's origin: it is never empty.
   */
  start(receiver: Receiver): Promise<{ readonly head: string; readonly tail: readonly Entry[] }>
  /**
   * Appends to the log; once resolved the event is in it, for every broker. Calls of one broker are appended in the order in which
   * they were made. The broker takes the channels and the message as they are: the hub has checked them.
   *
   * A key holds for ten minutes over the whole log: until then a repeat appends nothing and answers the first id.
   *
   * An entry with a `record` becomes the newest of that record on each of its channels. The event `sse.removed` removes the record, and the
   * event `sse.end` removes all records of its channels (`recordChangeOf`).
   *
   * @throws {SseError} (rejected) `too-many-records`; `closed` after `close`
   */
  publish(
    channels: readonly string[],
    message: { readonly event?: string | undefined; readonly data: string },
    options?: { readonly idempotencyKey?: string | undefined; readonly record?: string | undefined },
  ): Promise<Published>
  /**
   * The entries after a cursor, oldest first, at most `limit`; `done` when there are no more. A page that is not done has at least one.
   * The cursor is any text: it came from a client.
   *
   * @throws (rejected) the signal's reason once it is aborted, unless the page was there before; an SseError `closed` after `close`
   */
  read(after: string, options: { readonly limit: number; readonly signal: AbortSignal }): Promise<Page>
  /**
   * The records of channels: one atomic read, so that the entries after `position` are all that is missing. Records outlive their entries in
   * the log. A hub on a broker without this method has no records.
   *
   * @throws {SseError} (rejected) `closed` after `close`
   */
  records?(channels: readonly string[]): Promise<Records>
  /**
   * Sends a text to the receivers of all brokers that have started on the log, this one's included. A signal is not in the log: it has no
   * id, takes no place and is not replayed. It may be lost, for example while a broker does not reach the log, but it never comes twice,
   * and the signals of one broker arrive in the order of the calls.
   *
   * @param text at most 64 KiB in UTF-8
   * @returns resolves when the signal was handed on or dropped; it never waits for a lost connection
   * @throws {SseError} (rejected) `closed` after `close`
   */
  signal(text: string): Promise<void>
  /**
   * For logs that an app's own data shares a transaction with: the one within which this is asked, `undefined` outside. A publish joins it
   * when `publish` is called before the app's function returns.
   */
  readonly openTransaction?: OpenTransaction | undefined
  /** Lets go of the log, which other brokers may go on with: the receiver hears no more once this is resolved. A second call is none. */
  close(): Promise<void>
}
