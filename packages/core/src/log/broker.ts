/** One event in the log. */
export interface Entry {
  /**
   * The id of the entry: `<epoch>-<number>[.<number>][-<nonce>]`, at most 64 bytes of `!` to `~`. Within one epoch the numbers ascend in log
   * order. Only `comparePositions` and the broker parse it.
   */
  readonly id: string
  /** The id of the previous entry in the log, on any channel. For the first entry it is the origin of the log. */
  readonly previous: string
  /** The channels that the event was published to: at least one. */
  readonly channels: readonly string[]
  /** The name of the event. Without a name the client receives a `message` event. */
  readonly event?: string | undefined
  /** The name of the record that the entry sets or, if its event is `sse.removed`, removes on each of its channels. */
  readonly record?: string | undefined
  /** The data as text. A broker may replace a lone surrogate with U+FFFD, because UTF-8 cannot encode it. */
  readonly data: string
}

/** Why the log does not have everything after a cursor. */
export type GapReason =
  /** The cursor is from this log, but entries after it were removed. */
  | 'trimmed'
  /** The log that the cursor came from was replaced, or lost its newest entries. */
  | 'forked'
  /** The text does not have the form of this broker's cursors. */
  | 'unknown'

/** The callbacks by which a broker notifies its hub. None of them throws. */
export interface Receiver {
  /** Delivers new entries in log order. Each entry names the one before it as `previous`. */
  entries(batch: readonly Entry[]): void
  /**
   * The tail of the log broke: the entries between the last one delivered and `head` will not be delivered. The next entry follows `head`,
   * and no entry is delivered twice. After a fork, `head` is the newest entry of the log, unless the broker knows which entries are new.
   */
  discontinuity(discontinuity: { readonly reason: 'trimmed' | 'forked'; readonly head: string }): void
  /**
   * Whether the broker can reach its log. Called before `start` resolves, and at every change.
   *
   * @param cause why it is down, if the broker knows
   */
  health(state: 'up' | 'down', cause?: unknown): void
  /** Delivers a signal from any broker of the log, including this one. */
  signal(text: string): void
}

/** A page of the log, or the gap that prevents reading one. */
export type Page =
  | { readonly entries: readonly Entry[]; readonly done: boolean }
  /** `resumeAt` is the cursor to continue from: the one before the oldest entry in the log, or the head if the reason is `unknown`. */
  | { readonly gap: GapReason; readonly resumeAt: string }

/** What the hub publishes: already checked, and as text. */
export interface BrokerMessage {
  readonly event?: string | undefined
  readonly data: string
}

/** How it is published. */
export interface BrokerPublishOptions {
  readonly idempotencyKey?: string | undefined
  readonly record?: string | undefined
}

/** The result of a publish. */
export interface Published {
  /** The id of the event in the log. */
  readonly id: string
  /** Whether the log already had an event with this idempotency key. Then `id` is the id of that event. */
  readonly duplicate: boolean
}

/** The records of some channels at one position of the log. */
export interface Records {
  readonly position: string
  /** The newest entry of every record, each once; those of one channel in log order. */
  readonly entries: readonly Entry[]
}

/** The channels whose newest entry is the event `sse.end`, at one position of the log. */
export interface EndedChannels {
  readonly position: string
  /** Those that ended last: about 10,000 at most. */
  readonly channels: readonly string[]
}

/** The result of a publish within a transaction that is not committed yet. */
export interface PublishedInTransaction {
  /** Identifies what was published, until it has an id: `hub.idOf(receipt)`. */
  readonly receipt: string
  /** Whether an event was published under this idempotency key before. Then `receipt` is that of the first. */
  readonly duplicate: boolean
}

/** A transaction that the app and the log share. */
export interface OpenTransaction {
  /** Marks the transaction as failed, because a publish in it was rejected. It is rolled back when the app's function returns. */
  fail(error: unknown): void
}

/**
 * The port to the ordered log that the hubs of one or many processes share. A hub delivers only what its broker delivers to it, including
 * its own publishes. So one process and ten processes run the same code.
 *
 * `brokerConformance` of `@sse/core/testing` tests every promise of this interface.
 */
export interface Broker {
  /**
   * Starts to deliver new entries to the receiver. Resolves with the newest entries (`tail`) and the id of the last of them (`head`). The
   * receiver gets every later entry, even before the promise resolves: no entry is lost, and none is in both.
   *
   * In a log without entries, `head` is the origin of the log. It is never empty.
   */
  start(receiver: Receiver): Promise<{ readonly head: string; readonly tail: readonly Entry[] }>
  /**
   * Appends an event to the log. When the promise resolves, the event is in the log and every broker can read it. One broker appends in the
   * order of the calls. It does not check the channels and the message, because the hub has checked them.
   *
   * An idempotency key is valid for ten minutes in the whole log. A repeat in that time appends nothing and resolves with the first id.
   *
   * An entry with a `record` becomes the newest of that record on each of its channels. The event `sse.removed` removes the record, and the
   * event `sse.end` removes all records of its channels (`recordChangeOf`). A broker may remove records that nobody has set for long: it
   * appends an `sse.removed` for each, so that all clients receive it. It keeps those of the reserved channel.
   *
   * @throws {SseError} (rejected) `too-many-records`; `closed` after `close`
   */
  publish(
    channels: readonly string[],
    message: BrokerMessage,
    options?: BrokerPublishOptions,
  ): Promise<Published>
  /**
   * Publishes within a transaction that the app passes. The event is in the log if and only if the transaction commits. Entries get their
   * places in the order of the commits. A hub on a broker without this method refuses the option `transaction`.
   *
   * @param transaction an object of the app's database driver
   * @throws {SseError} (rejected) `invalid-option` if it is not a transaction; `closed` after `close`
   */
  publishIn?(
    transaction: object,
    channels: readonly string[],
    message: BrokerMessage,
    options?: BrokerPublishOptions,
  ): Promise<PublishedInTransaction>
  /**
   * Resolves with the id of what was published within a transaction, once that is in the log.
   *
   * @throws {SseError} (rejected) `invalid-cursor` for a text that is not a receipt; `rolled-back`; `closed` after `close`
   */
  idOf?(receipt: string): Promise<string>
  /**
   * Reads at most `limit` entries after a cursor, oldest first. `done` says that there are no more. A page that is not `done` has at least
   * one entry. The cursor can be any text, because it came from a client.
   *
   * @throws (rejected) the reason of the signal if it is aborted before the page is read; an SseError `closed` after `close`
   */
  read(after: string, options: { readonly limit: number; readonly signal: AbortSignal }): Promise<Page>
  /**
   * Reads the records of channels. The read is atomic: the entries after `position` are all that is missing. Records outlive their entries in
   * the log. A hub on a broker without this method has no records.
   *
   * @throws {SseError} (rejected) `closed` after `close`
   */
  records?(channels: readonly string[]): Promise<Records>
  /**
   * Reads which channels have ended, however old their ends are. The read is atomic, as that of records. A hub on a broker without this method
   * knows only the ends that its window or a later event has.
   *
   * @throws {SseError} (rejected) `closed` after `close`
   */
  ended?(): Promise<EndedChannels>
  /**
   * Sends a text to the receivers of all started brokers of the log, including this one. A signal is not in the log: it has no id and is not
   * replayed. It may be lost, for example while a broker cannot reach the log. It never arrives twice, and the signals of one broker arrive
   * in the order of the calls.
   *
   * @param text at most 64 KiB in UTF-8
   * @returns resolves when the signal was sent or dropped; it never waits for a lost connection
   * @throws {SseError} (rejected) `closed` after `close`
   */
  signal(text: string): Promise<void>
  /**
   * The open transaction, for logs that can share a transaction with the app's own data; `undefined` outside of one. A publish is part of
   * it if `publish` is called before the app's function returns.
   */
  readonly openTransaction?: OpenTransaction | undefined
  /** Closes this broker; other brokers of the log continue. Once it resolves, the receiver is not called any more. A second call has no effect. */
  close(): Promise<void>
}
