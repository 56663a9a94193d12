import type { AnyEvents, EventMap, EventName, MessageName, MessagePayload, Payload } from '../event-map.ts'
import type { Broker, Published } from '../log/broker.ts'
import type { Transport } from '../response/transport.ts'
import type { SchemaInputs, SchemaOutputs, StandardSchemaMap } from '../standard-schema.ts'
import type { AskedChannels } from '../stream/channels/asked-channels.ts'
import type { Source } from '../stream/source.ts'
import type { SseStream, StreamEnd, StreamEvent, StreamOptions } from '../stream/sse-stream.ts'
import type { Streams } from '../stream/stream-registry.ts'

/**
 * The log's home in a process: publishes to it, and delivers it to the streams.
 *
 * @typeParam E what the streams carry
 * @typeParam I what `publish` takes: the same, unless schemas turn one into the other
 */
export interface Hub<E extends EventMap = AnyEvents, I extends EventMap = E> extends HubForAdapters<E> {
  /**
   * Appends an event to the log and delivers it to the streams on any of the channels, here and in every process of the broker. Once
   * resolved the event is in the log. A rejection that nobody awaits goes to `onError`.
   *
   * @throws {SseError} (rejected) `invalid-channel`, `invalid-event`, `invalid-data` (with `issues` when a schema refused it),
   * `event-too-large`, `invalid-key`, `invalid-option`, `closed`
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
   * Sends an event to the streams that are live and have room, in every process. It is not in the log, has no id and is not replayed. For
   * what is worthless a moment later, such as a cursor or "is typing".
   *
   * @throws {SseError} (rejected) as above; `event-too-large` over 48 KiB in all; `busy` for more than 1,000 in a second
   */
  publish(
    channels: string | readonly string[],
    data: unknown,
    options: { readonly event?: string | undefined; readonly volatile: true },
  ): Promise<void>
  /**
   * Removes a record from a channel, everywhere.
   *
   * @throws {SseError} (rejected) `invalid-channel`, `invalid-record`, `closed`
   */
  remove(channel: string, record: string): Promise<Published>
  /**
   * Ends a channel. Its streams are told `sse.end`, and streams that are on no other channel are closed for good. To publish to the channel opens it
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
   * Publishes the items of a source to a channel, and ends the channel with the outcome. It goes on whoever reads it, and whoever leaves. Readers
   * get the whole of it from `position` on. If the process dies, the others end the channel with the reason `lost`.
   *
   * @throws {SseError} (rejected) `busy` if the channel has a run that has not ended; `invalid-channel`, `invalid-option`, `not-ready`, `closed`
   */
  run(channel: string, source: Source, options?: RunOptions): Promise<Run>
  /** Aborts the run of a channel, in whichever process it is. Resolves when it has ended; at once if there is none. */
  abort(channel: string): Promise<void>
  /** The head of the log: read it before a snapshot and hand out both. @throws {SseError} `not-ready` before `ready` */
  readonly position: string
  /** The open streams of this process. */
  readonly streams: Streams<E>
  /**
   * Ends all streams and polls of a key, in every process of the broker, those on their way in included. Resolves when every process that
   * lives has done so: then nothing that was asked for before delivers anything more.
   *
   * @param options `reconnect`: milliseconds after which the clients shall come back; `false`: not at all. Default: they do what they do
   * @throws {SseError} (rejected) `invalid-key`, `invalid-retry`, `invalid-option`, `closed`
   */
  disconnect(key: string, options?: { readonly reconnect?: false | number | undefined }): Promise<void>
  stats(): HubStats
  /**
   * Resolves when the broker has started. A broker whose start fails is started again until it succeeds or the hub is closed; `ready`
   * rejects with the last error after 30 seconds of that, and at once for an error that does not pass by itself, such as a corrupt log.
   * Read it again to wait for the attempts that follow.
   */
  readonly ready: Promise<void>
  /**
   * Ends all streams, spread over `drain` milliseconds (default 0), each told to come back after a time drawn from `retry`
   * (milliseconds, default 1,000 to 5,000), then closes the broker. New streams are refused from the call on. Requests that are under way
   * may publish until the drain is over.
   */
  close(options?: CloseHubOptions): Promise<void>
}

/** The hub that `createHub({ events })` makes of schemas: `HubOf<typeof events>`. */
export type HubOf<M extends StandardSchemaMap> = Hub<SchemaOutputs<M>, SchemaInputs<M>>

/** What a web framework's adapter needs of a hub. */
export interface HubForAdapters<E extends EventMap = AnyEvents> {
  /** A stream of this hub over a response. */
  stream(transport: Transport, options?: StreamOptions): SseStream<E>
  /** This moment, for `StreamOptions.arrival`: a stream whose key is disconnected after it does not open. */
  arrival(): number
  /** Whether `close` was called: connections are not kept alive any more. */
  readonly closing: boolean
  /**
   * Changes the channels of an open stream, whichever process of the broker holds it; its client is told by `sse.channels`. Whether there
   * is such a stream is found out before `authorize` is asked. Of several wishes for a channel the one that arrived last holds.
   *
   * @param stream its id, as `sse.open` told it
   * @returns what the stream is on then; `undefined` when there is no such stream, or none of this key
   * @throws {SseError} (rejected) `invalid-channel`, `too-many-channels`, `busy`, `closed`; and what `authorize` throws
   */
  changeChannels(stream: string, request: ChannelsRequest): Promise<ChannelsChanged | undefined>
  /** Tells `onError`. */
  report(error: unknown): void
}

/** A client's wish for other channels. */
export interface ChannelsRequest {
  /** Whose stream it must be. */
  readonly key?: string | undefined
  /** Who asks, for a budget of questions to other processes: the key, or an address. Default: the key. */
  readonly client?: string | undefined
  readonly subscribe: AskedChannels
  readonly unsubscribe: readonly string[]
}

export interface ChannelsChanged {
  /** All channels of the stream. */
  readonly channels: readonly string[]
  /** Asked for, and not allowed. */
  readonly refused: readonly string[]
}

export interface PublishOptions<N extends string = string> {
  /** The event's name; without one the client sees a `message` event. */
  readonly event?: N | undefined
  /**
   * The event becomes the newest state of this record: 1 to 256 bytes. Only on channels that have records.
   */
  readonly record?: string | undefined
  /** Sends it to live streams only; see above. */
  readonly volatile?: boolean | undefined
  /** At most 128 bytes; for ten minutes a repeat under the same key answers the first id and appends nothing. */
  readonly idempotencyKey?: string | undefined
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
  readonly drain?: number | undefined
  readonly retry?: readonly [min: number, max: number] | undefined
}

export interface HubOptions {
  /** The log. Default: in memory, gone with the process. */
  readonly broker?: Broker | undefined
  /** How much of the log's end is held in memory. Default 10,000 entries or 16 MiB, whichever is less. */
  readonly window?: { readonly entries?: number | undefined; readonly bytes?: number | undefined } | undefined
  /** Milliseconds between two heartbeats of a stream; 0 for none. Default 15,000, which keeps every common proxy from cutting it. */
  readonly heartbeat?: number | undefined
  /** Bytes that the data of an event may have. Default 64 KiB. */
  readonly maxEventBytes?: number | undefined
  /**
   * The events that may be published, each with its schema (Standard Schema): `publish` rejects what does not fit, and what the
   * schema makes of the data is what travels. Default: any event, any data.
   */
  readonly events?: StandardSchemaMap | undefined
  /** What a channel can do. It must answer the same for the same name, in every process. Default: no channel has more than events. */
  readonly channel?: ((name: string) => ChannelFeatures | undefined) | undefined
  /** Told what user callbacks, the broker and unawaited publishes threw. Default `console.error`. */
  readonly onError?: ((error: unknown) => void) | undefined
  /** Told when a stream opens, misses something, is refused, and when it ends. */
  readonly onStream?: ((event: StreamEvent) => void) | undefined
  /** Called when the broker reaches its log, when it no longer does, and when the log takes no writes. */
  readonly onBroker?: ((state: BrokerState) => void) | undefined
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: (() => number) | undefined
  /** A number from 0 to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** How a hub stands to its log. `refusing`: it is read, and publishes are refused because it is full or takes no writes. */
export type BrokerState = 'up' | 'down' | 'refusing'

/** What a hub has counted since it was made. */
export interface HubCounters {
  /** Events that this process published, repeats under an idempotency key included. */
  published: number
  /** Publishes that were refused, by the code of the error; `unknown` for an error without one. */
  readonly refusedPublishes: Record<string, number>
  /** Streams opened. */
  opened: number
  /** Streams ended, by reason. */
  readonly closed: Record<StreamEnd, number>
  /** Streams and polls that were not let in. */
  refused: number
  /** Gaps told to clients. */
  gaps: number
  /** Errors reported to `onError`. */
  errors: number
}

/** Counters, and gauges of this moment. */
export interface HubStats extends Readonly<HubCounters> {
  /** Entries that came from the broker, from every process, commands included. */
  readonly entries: number
  /** Hubs of the log that live, this one included. */
  readonly hubs: number
  /** Open streams. */
  readonly streams: number
  /** Channels that a stream is on. */
  readonly channels: number
  readonly windowEntries: number
  readonly windowBytes: number
  /** Milliseconds since the oldest entry of the window came: how long a client may be away and resume from memory. */
  readonly windowSpan: number
  readonly broker: 'starting' | BrokerState
}
