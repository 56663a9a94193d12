import type { AnyEvents, EventMap, EventName, MessageName, MessagePayload, Payload } from '../event-map.ts'
import type { GapReason } from '../log/broker.ts'
import type { Refusal } from '../response/refusal.ts'
import type { AskedChannels } from './channels/asked-channels.ts'
import type { Source } from './source.ts'

/** Why a stream ended. */
export type StreamEnd =
  /** The client left, or the connection broke. */
  | 'client'
  /** `stream.close` was called. */
  | 'closed'
  /** The credentials that it was opened with ran out. */
  | 'expired'
  /** `hub.disconnect` was called for its key. */
  | 'disconnected'
  /** `hub.close` was called. */
  | 'shutdown'
  /** The client took nothing for as long as `stall`. */
  | 'stalled'
  /** The client had not taken more than `maxUnread` bytes that were sent over a second ago. */
  | 'overflow'
  /** It could not be opened: something else was answered first, or the broker did not start. */
  | 'unopened'
  /** It was not let in: a limit, credentials that had run out, a hub that was closing. */
  | 'refused'
  /** It was a poll, and has its answer. */
  | 'answered'
  /** `hub.end` was called for each of its channels. */
  | 'ended'

/** One open response. */
export interface SseStream<E extends EventMap = AnyEvents> {
  /**
   * Sends an event to this one stream, now; it is not in the log and not replayed. Opens the stream.
   *
   * @returns `false` when the client is behind (what was sent is on its way all the same), or the stream is `closed`
   * @throws {SseError} `invalid-event`, `invalid-id`, `invalid-retry`, `invalid-data`, `invalid-option`; `id-on-subscribed-stream`, because
   * there the ids are positions in the log; `headers-sent` when something else was answered already
   */
  send<N extends EventName<E>>(data: Payload<E, N>, options: SendOptions<N> & { readonly event: N }): boolean
  send(data: MessagePayload<E>, options?: SendOptions<MessageName<E>>): boolean
  /**
   * Sends every item of a source, one event each, no faster than the client takes them. Opens the stream, and leaves it open at the end.
   * When the client leaves the source is cancelled and the promise resolves.
   *
   * @throws {SseError} (rejected) as `send`; `invalid-data` for what is no source; and what the source throws. A rejection that nobody
   * awaits goes to `onError`.
   */
  from<N extends EventName<E>>(
    source: Source<Payload<E, N> | Uint8Array>,
    options: FromOptions<N> & { readonly event: N },
  ): Promise<void>
  from(source: Source<MessagePayload<E> | Uint8Array>, options?: FromOptions<MessageName<E>>): Promise<void>
  /** Writes a comment, which clients skip. Opens the stream. @returns as `send` */
  comment(text?: string): boolean
  /**
   * Puts the stream on channels of the hub. The stream opens at the end of this turn, replays what came after the client's
   * `Last-Event-ID`, then goes on live. On a stream that is open already, joins the channels where the stream stands. The channels
   * that the client itself asks for come along; `subscribe([])` is for a stream that has no others.
   *
   * @throws {SseError} `no-hub`, `invalid-channel`, `too-many-channels`, `invalid-cursor`, `invalid-option`
   */
  subscribe(channels: string | readonly string[], options?: SubscribeOptions): this
  /** Takes the stream off channels; those that it is not on are passed over. @throws {SseError} `invalid-channel` */
  unsubscribe(channels: string | readonly string[]): this
  /** Ends the stream; what was written before is still delivered. @throws {SseError} `invalid-retry`, `invalid-option` */
  close(options?: CloseOptions): void
  /** 128 random bits; for a client without a key, the capability to change this stream. */
  readonly id: string
  /** Whose stream it is, as the `key` option said. */
  readonly key: string | undefined
  /** The cursor that the client brought; untrusted. */
  readonly lastEventId: string | undefined
  readonly channels: ReadonlySet<string>
  readonly closed: boolean
  /** Aborted when the stream ends. Its reason is an `SseError` with the name `AbortError`, whose code is the `StreamEnd`. */
  readonly signal: AbortSignal
}

export interface SendOptions<N extends string = string> {
  /** The event's name; without one the client sees a `message` event. */
  readonly event?: N | undefined
  /** The event's id, for streams that are on no channel: at most 64 bytes, without control characters. */
  readonly id?: string | number | undefined
  /** The client's reconnection time in milliseconds. */
  readonly retry?: number | undefined
}

export interface FromOptions<N extends string = string> {
  /** The name of the events; without one the client sees `message` events. */
  readonly event?: N | undefined
}

export interface SubscribeOptions {
  /** When the stream ends at the latest; of several the earliest counts. The client reconnects within a second and is judged again. */
  readonly expires?: Date | undefined
  /**
   * How many events of its channels a client without a cursor is given, oldest first, as far as the window holds them. Default 0. Counts before
   * opening only, and not together with `since`.
   */
  readonly rewind?: number | undefined
  /** Where to begin when the client brings no cursor: a `hub.position` handed out with a snapshot. Counts before opening only. */
  readonly since?: string | undefined
}

export interface CloseOptions {
  /** Milliseconds after which the client shall come back; `false`: not at all. Without it the client does what it does. */
  readonly reconnect?: false | number | undefined
}

/** What an adapter knows of a request. */
export interface StreamOptions {
  /** Whose stream it is. A function is asked when it matters, at the latest after `admit`; to read `stream.key` before never throws. */
  readonly key?: string | (() => string | undefined) | undefined
  readonly lastEventId?: string | undefined
  /** The client's reconnection time in milliseconds: one, or drawn between two. Default 2,000 ± 50 %. */
  readonly retry?: number | readonly [min: number, max: number] | undefined
  /** Milliseconds after which a client that takes nothing is cut off. Default 30,000. */
  readonly stall?: number | undefined
  /** Bytes sent over a second ago and not taken over which the stream is cut off. A single event alone never is. Default 1 MiB. */
  readonly maxUnread?: number | undefined
  /** Channels that the stream may be on. Default 64. */
  readonly maxChannels?: number | undefined
  /** Channels that the client asks for, and who judges them: before anything is replayed. */
  readonly asked?: AskedChannels | undefined
  /**
   * Whether several tabs share it, which tell their channels apart: each event on a channel that only the client asked for is preceded by
   * `sse.event`, `sse.channels` says which these are, and an `sse.ping` tells when the replay is over. Default false.
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
   * Asked when the stream begins to open, before anything else is done for it; what it answers is sent instead. From then on the stream
   * counts as one that is open.
   */
  readonly admit?: (() => Refusal | undefined) | undefined
  /** `hub.arrival()` of the moment when the request came. Default: when the stream is made. */
  readonly arrival?: number | undefined
}

/** A change to the channels of an open stream that its client asked for, already judged. */
export interface ChannelsChange {
  /** When the wish arrived, in the order of all wishes for the stream's channels. */
  readonly turn: number
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  /** Asked for, and not allowed. */
  readonly refused: readonly string[]
}

/** What happened to a stream. That it overflowed, stalled or expired is the reason of its `close`. */
export type StreamEvent =
  | { readonly type: 'open'; readonly stream: SseStream }
  | {
      readonly type: 'gap'
      readonly stream: SseStream
      readonly reason: GapReason
      /** The cursor that could not be served. */
      readonly requested: string
    }
  | { readonly type: 'close'; readonly stream: SseStream; readonly reason: StreamEnd }
  | { readonly type: 'refuse'; readonly stream: SseStream; readonly refusal: Refusal }
