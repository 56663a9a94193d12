import type { AnyEvents, EventMap, EventName, MessageName, MessagePayload, Payload } from '../event-map.ts'
import type { GapReason } from '../log/broker.ts'
import type { Refusal } from '../response/refusal.ts'
import type { AskedChannels } from './channels/asked-channels.ts'
import type { Source } from './source.ts'

/** Why a stream ended. */
export type StreamEnd =
  /** The client left, or the connection broke. */
  | 'client'
  /** The app called `stream.close`. */
  | 'closed'
  /** The credentials of the client expired: `expires` of `subscribe`. */
  | 'expired'
  /** The app called `hub.disconnect` for its key. */
  | 'disconnected'
  /** The app called `hub.close`. */
  | 'shutdown'
  /** The client read nothing for `stall` milliseconds. */
  | 'stalled'
  /** More than `maxUnread` bytes that were sent over a second ago were still unread. */
  | 'overflow'
  /** The stream could not be opened: the app had already answered the request, or the broker did not start. */
  | 'unopened'
  /** The request was refused, for example by a limit, because its credentials had expired, or because the hub was closing. */
  | 'refused'
  /** The stream was a poll, and its client has read the answer. */
  | 'answered'
  /** `hub.end` was called for each of its channels. */
  | 'ended'

/** One open response. */
export interface SseStream<E extends EventMap = AnyEvents> {
  /**
   * Sends an event to this stream only. It is sent at once, is not in the log and is not replayed. Opens the stream.
   *
   * @returns `false` if the client is behind or the stream is `closed`. If the client is behind, the event is still delivered
   * @throws {SseError} `invalid-event`, `invalid-id`, `invalid-retry`, `invalid-data`, `invalid-option`; `id-on-subscribed-stream`, because the
   * ids of a subscribed stream are positions in the log; `headers-sent` if the app has already answered the request
   */
  send<N extends EventName<E>>(data: Payload<E, N>, options: SendOptions<N> & { readonly event: N }): boolean
  send(data: MessagePayload<E>, options?: SendOptions<MessageName<E>>): boolean
  /**
   * Sends every item of a source as an event, no faster than the client reads. Opens the stream, and leaves it open at the end of the source.
   * If the client leaves, the source is cancelled and the promise resolves.
   *
   * @throws {SseError} (rejected) as `send`; `invalid-data` for a value that is not a source; and any error of the source. A rejection that
   * nothing awaits is reported to `onError`.
   */
  from<N extends EventName<E>>(
    source: Source<Payload<E, N> | Uint8Array>,
    options: FromOptions<N> & { readonly event: N },
  ): Promise<void>
  from(source: Source<MessagePayload<E> | Uint8Array>, options?: FromOptions<MessageName<E>>): Promise<void>
  /** Sends a comment, which clients ignore. Opens the stream. It returns and throws as `send`. */
  comment(text?: string): boolean
  /**
   * Subscribes the stream to channels of the hub. The stream opens at the end of this turn, replays the events after the client's
   * `Last-Event-ID`, and continues live. Later calls add channels at the current position of the stream, without replay. The first call also
   * adds the channels that the client asked for; `subscribe([])` adds only those.
   *
   * @throws {SseError} `no-hub`, `invalid-channel`, `too-many-channels`, `invalid-cursor`, `invalid-option`
   */
  subscribe(channels: string | readonly string[], options?: SubscribeOptions): this
  /** Unsubscribes the stream from channels, and ignores those that it is not on. @throws {SseError} `invalid-channel` */
  unsubscribe(channels: string | readonly string[]): this
  /** Ends the stream. Events that were sent before are still delivered. @throws {SseError} `invalid-retry`, `invalid-option` */
  close(options?: CloseOptions): void
  /** 128 random bits. A client without a key that knows the id may change the channels of this stream, so keep it secret. */
  readonly id: string
  /** The owner of the stream, from the option `key`. */
  readonly key: string | undefined
  /** The cursor that the client sent. It is untrusted. */
  readonly lastEventId: string | undefined
  readonly channels: ReadonlySet<string>
  readonly closed: boolean
  /** Aborted when the stream ends. The reason is an `SseError` with the name `AbortError` and a `StreamEnd` as its code. */
  readonly signal: AbortSignal
}

export interface SendOptions<N extends string = string> {
  /** The event's name. Without a name the client receives a `message` event. */
  readonly event?: N | undefined
  /** The event's id, for streams without channels: at most 64 bytes, without control characters. */
  readonly id?: string | number | undefined
  /** The client's reconnection time in milliseconds. */
  readonly retry?: number | undefined
}

export interface FromOptions<N extends string = string> {
  /** The name of the events. Without a name the client receives `message` events. */
  readonly event?: N | undefined
}

export interface SubscribeOptions {
  /** When the stream must end; of several calls the earliest date counts. The client reconnects within a second and is authorized again. */
  readonly expires?: Date | undefined
  /**
   * The number of events before the head that a client without a cursor gets first, oldest first, as far as the window holds them. Default 0. It is
   * ignored once the stream reads the log. Not together with `since`.
   */
  readonly rewind?: number | undefined
  /** Where to begin if the client sent no cursor: the `hub.position` of a snapshot. It is ignored once the stream reads the log. */
  readonly since?: string | undefined
}

export interface CloseOptions {
  /** Milliseconds after which the client should reconnect; `false`: it should not reconnect. Default: the client decides. */
  readonly reconnect?: false | number | undefined
}

/** The client of a stream whose admission is decided when the stream begins to open. */
export interface StreamClient {
  /** The owner of the stream. It is read when it is needed, at the latest after `admit`, and may throw. Reading `stream.key` never throws. */
  readonly key: string | undefined
  /** No client of this endpoint has a key, because the app does not name its users. */
  readonly isAnonymous?: boolean
  /**
   * Called when the stream begins to open, before any other work. If it returns a refusal, the client gets that instead. From then on the
   * stream counts as open.
   */
  admit(stream: SseStream): Refusal | undefined
}

/** The data of a request that an adapter passes to its stream. */
export interface StreamOptions {
  /** The owner of the stream, unless `client` says it. */
  readonly key?: string | undefined
  readonly client?: StreamClient | undefined
  readonly lastEventId?: string | undefined
  /** The client's reconnection time in milliseconds: a range to draw from, or a time that is varied by ± 50 %. Default 2,000. */
  readonly retry?: number | readonly [min: number, max: number] | undefined
  /** Milliseconds after which a client that reads nothing is disconnected. Default 30,000. */
  readonly stall?: number | undefined
  /** Unread bytes, sent over a second ago, above which the client is disconnected. A single large event does not count. Default 1 MiB. */
  readonly maxUnread?: number | undefined
  /** The maximum number of channels of the stream. Default 64. */
  readonly maxChannels?: number | undefined
  /** Channels that the client asks for, with the function that authorizes them. They are authorized before anything is replayed. */
  readonly asked?: AskedChannels | undefined
  /**
   * Whether several tabs share the stream. Then an `sse.event` with the names of its channels precedes each event on channels that only the
   * client asked for. `sse.channels` names all such channels, and an `sse.ping` follows the replay. Default false.
   */
  readonly shared?: boolean | undefined
  /** What others may know of the stream on a channel with presence: at most 1 KiB of JSON; `undefined`: it is invisible. Default: it is invisible. */
  readonly presence?: ((channel: string) => unknown) | undefined
  /**
   * For clients that are told the name of each record, by `sse.record` in front of its event: which channels' records the client lacks although
   * it has a cursor.
   */
  readonly records?: { lacks(channel: string): boolean } | undefined
  /**
   * Turns of the event loop between the first `subscribe` and the opening. Meanwhile status and headers are the app's, and it may answer an
   * error. Default 2.
   */
  readonly openAfter?: number | undefined
  /** `hub.arrival()` when the request arrived. Default: when the stream is created. */
  readonly arrival?: number | undefined
}

/** An authorized change of the channels of an open stream, which its client asked for. */
export interface ChannelsChange {
  /** The number of the change, in the order in which the changes for this stream arrived. */
  readonly turn: number
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  /** The channels that the client asked for and may not read. */
  readonly refused: readonly string[]
}

/** An event in the life of a stream. `overflow`, `stalled` and `expired` are reasons of `close`. */
export type StreamEvent =
  | { readonly type: 'open'; readonly stream: SseStream }
  | {
      readonly type: 'gap'
      readonly stream: SseStream
      readonly reason: GapReason
      /** The cursor after which the log no longer has everything. */
      readonly requested: string
    }
  | { readonly type: 'close'; readonly stream: SseStream; readonly reason: StreamEnd }
  | { readonly type: 'refuse'; readonly stream: SseStream; readonly refusal: Refusal }
