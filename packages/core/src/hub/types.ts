import type { AnyEvents, EventMap, EventName, MessageName, MessagePayload, Payload } from '../event-map.ts'
import type { Broker, Published, PublishedInTransaction } from '../log/broker.ts'
import type { Transport } from '../response/transport.ts'
import type { SchemaInputs, SchemaOutputs, StandardSchemaMap } from '../standard-schema.ts'
import type { AskedChannels } from '../stream/channels/asked-channels.ts'
import type { Source } from '../stream/source.ts'
import type { SseStream, StreamEnd, StreamEvent, StreamOptions } from '../stream/sse-stream.ts'
import type { Streams } from '../stream/stream-registry.ts'

/**
 * Publishes events to the log, and delivers the log to the streams of this process.
 *
 * @typeParam E the events that the streams deliver
 * @typeParam I the events that `publish` accepts: the same, unless schemas transform their data
 */
export interface Hub<E extends EventMap = AnyEvents, I extends EventMap = E> extends HubForAdapters<E> {
  /**
   * Publishes within a transaction of the app's database: the event is in the log if and only if the transaction commits. Only with a broker
   * that keeps its log in that database, such as that of `@sse/postgres`.
   *
   * @throws {SseError} (rejected) as below
   */
  publish<N extends EventName<I>>(
    channels: string | readonly string[],
    data: Payload<I, N>,
    options: PublishOptions<N> & { readonly event: N } & InTransaction,
  ): Promise<PublishedInTransaction>
  publish(
    channels: string | readonly string[],
    data: MessagePayload<I>,
    options: PublishOptions<MessageName<I>> & InTransaction,
  ): Promise<PublishedInTransaction>
  /**
   * Appends an event to the log and delivers it to the streams on any of the channels, in every process of the broker. When the promise
   * resolves, the event is in the log. A rejection that nothing awaits is reported to `onError`.
   *
   * @throws {SseError} (rejected) `invalid-channel`, `invalid-event`, `invalid-data` (with `issues` if a schema refused it), `event-too-large`,
   * `invalid-key`, `invalid-option`, `not-ready`, `busy`, `closed`; and any error of the broker
   */
  publish<N extends EventName<I>>(
    channels: string | readonly string[],
    data: Payload<I, N>,
    options: PublishOptions<N> & { readonly event: N },
  ): Promise<Published>
  publish(
    channels: string | readonly string[],
    data: MessagePayload<I>,
    options?: PublishOptions<MessageName<I>>,
  ): Promise<Published>
  /**
   * Sends an event to the streams of every process that are live and have room. The event is not in the log: it has no id and is not replayed.
   * Use it for state that is worthless a moment later, such as a mouse cursor or "is typing".
   *
   * @throws {SseError} (rejected) as above; `event-too-large` over 48 KiB in all; `busy` for more than 1,000 in a second
   */
  publish(
    channels: string | readonly string[],
    data: unknown,
    options: { readonly event?: string | undefined; readonly volatile: true },
  ): Promise<void>
  /**
   * The id of an event that was published within a transaction. Resolves once the transaction has committed and the event is in the log.
   *
   * @param receipt what `publish` resolved with
   * @throws {SseError} (rejected) `rolled-back`, `invalid-cursor`, `invalid-option`, `closed`; and any error of the broker
   */
  idOf(receipt: string): Promise<string>
  /**
   * Removes a record from a channel.
   *
   * @throws {SseError} (rejected) `invalid-channel`, `invalid-record`, `closed`
   */
  remove(channel: string, record: string): Promise<Published>
  /**
   * Ends a channel. Its streams get `sse.end`. Streams that are on no other channel are closed for good. Publishing to the channel opens it
   * again.
   *
   * @param options `reason`: a word for the clients, at most 256 bytes. Default `ended`
   * @throws {SseError} (rejected) `invalid-channel`, `invalid-option`, `closed`
   */
  end(channel: string, options?: { readonly reason?: string | undefined }): Promise<Published>
  /**
   * The members of a channel that has presence, over all processes: one per key, however many streams it has.
   *
   * @throws {SseError} (rejected) `invalid-channel`, `invalid-option` for a channel without presence
   */
  presence(channel: string): Promise<Member[]>
  /**
   * Publishes the items of a source to a channel, and ends the channel with the outcome. The run continues when its readers leave. Readers that
   * subscribe with `since: run.position` get all of it. If the process dies, another process ends the channel with the reason `lost`.
   *
   * @throws {SseError} (rejected) `busy` if the channel has a run that has not ended; `invalid-channel`, `invalid-option`, `not-ready`, `closed`
   */
  run(channel: string, source: Source, options?: RunOptions): Promise<Run>
  /**
   * Aborts the run of a channel in any process. Resolves when the run has ended, or at once if the channel has none.
   *
   * @throws {SseError} (rejected) `closed` if the hub is closed before
   */
  abort(channel: string): Promise<void>
  /** The head of the log: the id of its newest event. Read it before a snapshot, and send both. @throws {SseError} `not-ready` before `ready` */
  readonly position: string
  /** The open streams of this process. */
  readonly streams: Streams<E>
  /**
   * Ends all streams and polls of a key in every process of the broker, including those that are still opening. Resolves when every live
   * process has ended them: then no earlier request of the key delivers anything more.
   *
   * @param options `reconnect`: milliseconds after which the clients should reconnect; `false`: not at all. Default: the clients decide
   * @throws {SseError} (rejected) `invalid-key`, `invalid-retry`, `invalid-option`, `closed`
   */
  disconnect(key: string, options?: { readonly reconnect?: false | number | undefined }): Promise<void>
  /** Counters since the hub was created, and gauges of this moment. */
  stats(): HubStats
  /**
   * Resolves when the broker has started. If its start fails, the hub retries until it succeeds or the hub is closed. After 30 seconds of
   * failures `ready` rejects with the last error. It rejects at once for a permanent error, such as a corrupt log. Read it again to wait for
   * the next attempts.
   */
  readonly ready: Promise<void>
  /**
   * Ends all streams, spread over `drain` milliseconds (default 0), and then closes the broker. Each client reconnects after a random time from
   * the range `retry` (milliseconds, default 1,000 to 5,000). The hub refuses new streams from the call on. Requests in progress may publish
   * until all streams have ended.
   *
   * @throws {SseError} `invalid-option`
   */
  close(options?: CloseHubOptions): Promise<void>
}

/** The type of the hub that `createHub({ events })` returns for schemas: `HubOf<typeof events>`. */
export type HubOf<M extends StandardSchemaMap> = Hub<SchemaOutputs<M>, SchemaInputs<M>>

/** The methods of a hub for adapters to web frameworks. */
export interface HubForAdapters<E extends EventMap = AnyEvents> {
  /** Creates a stream of this hub over a response. */
  stream(transport: Transport, options?: StreamOptions): SseStream<E>
  /** The current moment, for `StreamOptions.arrival`. If the key of a stream is disconnected after its arrival, the stream does not open. */
  arrival(): number
  /** Whether `close` was called. Then connections are no longer kept alive. */
  readonly closing: boolean
  /**
   * Changes the channels of an open stream in any process of the broker, and tells its client by `sse.channels`. It checks that the stream
   * exists before it calls `authorize`. Of several changes for a channel, the one that arrived last wins.
   *
   * @param stream the id of the stream, from `sse.open`
   * @returns the channels after the change; `undefined` if the key has no stream with this id
   * @throws {SseError} (rejected) `invalid-channel`, `too-many-channels`, `busy`, `closed`; and any error of `authorize`
   */
  changeChannels(stream: string, request: ChannelsRequest): Promise<ChannelsChanged | undefined>
  /**
   * Pings an open stream in any process of the broker, once it has passed a position.
   *
   * @returns whether the key has a stream with this id
   * @throws {SseError} (rejected) `busy`, `closed`
   */
  reached(stream: string, request: ReachedRequest): Promise<boolean>
  /** Reports an error to `onError`. */
  report(error: unknown): void
}

/** A client's request for a ping past a position. */
export interface ReachedRequest {
  readonly key: string | undefined
  /** The client, for the limit of requests to other processes. */
  readonly client?: string | undefined
  /** The position. */
  readonly id: string
}

/** A client's request to change the channels of its stream. */
export interface ChannelsRequest {
  /** The key that the stream must have. */
  readonly key?: string | undefined
  /** Identifies the client for the limit of 20 requests a second to other processes: a key or an address. Default: the key. */
  readonly client?: string | undefined
  readonly subscribe: AskedChannels
  readonly unsubscribe: readonly string[]
}

export interface ChannelsChanged {
  /** All channels of the stream after the change. */
  readonly channels: readonly string[]
  /** The channels that the client asked for and may not read. */
  readonly refused: readonly string[]
}

export interface PublishOptions<N extends string = string> {
  /** The event's name. Without a name the client receives a `message` event. */
  readonly event?: N | undefined
  /** The event becomes the newest state of this record: 1 to 256 bytes. Only on channels that have records. */
  readonly record?: string | undefined
  /** Sends the event only to live streams with room, and not to the log. */
  readonly volatile?: boolean | undefined
  /** 1 to 128 bytes. For ten minutes, a repeat with the same key appends nothing and resolves with the first id. */
  readonly idempotencyKey?: string | undefined
}

/** An option of `publish`. */
export interface InTransaction {
  /** The transaction, as an object of the database driver. The documentation of the broker says which objects it takes. */
  readonly transaction: object
}

/** What a channel can do beyond events. */
export interface ChannelFeatures {
  /** The newest event of each record is given to every client that joins. Default false. */
  readonly records?: boolean | undefined
  /** The members of the channel are known. Default false. */
  readonly presence?: boolean | undefined
}

/** A member of a channel. */
export interface Member {
  /** Says nothing about the key, and is the same for everybody. */
  readonly id: string
  /** What the `presence` callback of the middleware has answered. */
  readonly info: unknown
  /** Streams and polls that it has open. 0: it has just left, and is still a member for five seconds. */
  readonly streams: number
}

export interface RunOptions {
  /** The name of the events; without one the client sees `message` events. */
  readonly event?: string | undefined
  /** Milliseconds within which items go into one event: strings are concatenated, others are put into an array. Default 50. */
  readonly every?: number | undefined
  /** Aborts the run. */
  readonly signal?: AbortSignal | undefined
}

/** How a run has ended. */
export interface RunOutcome {
  /** `lost`: its process has died or was shut down. */
  readonly reason: 'finished' | 'failed' | 'aborted' | 'lost'
  /** The message of a failure whose error has `expose: true`; others say nothing to clients. */
  readonly message?: string
}

/** A run that has started. */
export interface Run {
  readonly channel: string
  /** The position before its first event: subscribe with `since` to have all of it. */
  readonly position: string
  /** Resolves when the channel has ended. @throws (rejected) what the log has thrown */
  readonly done: Promise<RunOutcome>
  abort(): void
}

export interface CloseHubOptions {
  /** Milliseconds over which the streams are ended. Default 0. */
  readonly drain?: number | undefined
  /** The range of milliseconds from which the reconnection time of each client is drawn. Default 1,000 to 5,000. */
  readonly retry?: readonly [min: number, max: number] | undefined
}

export interface HubOptions {
  /** The broker of the log. Default: a log in memory, which ends with the process. */
  readonly broker?: Broker | undefined
  /** How many of the newest entries are kept in memory. Default 10,000 entries or 16 MiB, whichever is less. */
  readonly window?: { readonly entries?: number | undefined; readonly bytes?: number | undefined } | undefined
  /** Milliseconds between two heartbeats of a stream; 0 for none. Default 15,000, which is below the idle limit of every common proxy. */
  readonly heartbeat?: number | undefined
  /** The maximum size of an event's data, in bytes. Default 64 KiB. */
  readonly maxEventBytes?: number | undefined
  /**
   * The events that may be published, each with its schema (Standard Schema). `publish` rejects data that does not match, and sends the
   * output of the schema. Default: any event, any data.
   */
  readonly events?: StandardSchemaMap | undefined
  /**
   * For workers and cron jobs: the hub does not read the log, so it has no window and no streams, and knows nothing of other processes. It can
   * `publish`, `remove` and `end`. Default false.
   */
  readonly publishOnly?: boolean | undefined
  /** The features of a channel. It must return the same for the same name in every process. By default channels have only events. */
  readonly channel?: ((name: string) => ChannelFeatures | undefined) | undefined
  /** Called with errors of the app's callbacks, of the broker, and of publishes that nothing awaits. Default `console.error`. */
  readonly onError?: ((error: unknown) => void) | undefined
  /** Called when a stream opens, has a gap, is refused, or ends. */
  readonly onStream?: ((event: StreamEvent) => void) | undefined
  /**
   * Called when the broker reaches its log, when it loses it, and when the log refuses writes. `cause` is why it is down or refuses, if that is
   * known.
   */
  readonly onBroker?: ((state: BrokerState, cause?: unknown) => void) | undefined
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined
  /** A number from 0 to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** The state of the connection to the log. `refusing`: the log can be read, but refuses publishes because it is full or read-only. */
export type BrokerState = 'up' | 'down' | 'refusing'

/** Counters of a hub since it was created. */
export interface HubCounters {
  /** Events that this process published, including repeats with the same idempotency key. */
  published: number
  /** Rejected publishes, by the code of the error; `unknown` for an error without a code. */
  readonly refusedPublishes: Record<string, number>
  /** Streams that were opened. */
  opened: number
  /** Streams that ended, by reason. */
  readonly closed: Record<StreamEnd, number>
  /** Streams and polls that were refused. */
  refused: number
  /** Gap events that were sent to clients. */
  gaps: number
  /** Errors that were reported to `onError`. */
  errors: number
}

/** Counters since the hub was created, and gauges of this moment. */
export interface HubStats extends Readonly<HubCounters> {
  /** Entries that the broker delivered, published by any process, including commands to the hubs. */
  readonly entries: number
  /** Live hubs of the log, including this one. */
  readonly hubs: number
  /** Open streams. */
  readonly streams: number
  /** Channels that have at least one stream. */
  readonly channels: number
  readonly windowEntries: number
  readonly windowBytes: number
  /** Milliseconds since the oldest entry of the window arrived. A client can be offline for this long and still resume from memory. */
  readonly windowSpan: number
  readonly broker: 'starting' | BrokerState
}
