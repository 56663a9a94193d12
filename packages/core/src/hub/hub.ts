import type { AnyEvents, EventMap, EventName, Payload } from '../event-map.ts'
import type { Broker, Published } from '../log/broker.ts'
import type { SseStream, StreamEnd, StreamOptions } from '../stream/sse-stream.ts'
import type { Transport } from '../stream/transport.ts'
import type { HubStats } from './hub-stats.ts'
import type { Streams } from './streams.ts'

/** The log's home in a process: publishes to it, and delivers it to the streams. */
export interface Hub<E extends EventMap = AnyEvents> {
  /**
   * Appends an event to the log and delivers it to the streams on any of the channels, here and in every process of the broker. Once
   * resolved the event is in the log. A rejection that nobody awaits goes to `onError`.
   *
   * @throws {SseError} (rejected) `invalid-channel`, `invalid-event`, `invalid-data`, `event-too-large`, `invalid-key`, `closed`
   */
  publish<N extends EventName<E> = 'message'>(
    channels: string | readonly string[],
    data: Payload<E, N>,
    options?: PublishOptions<N>,
  ): Promise<Published>
  /** The head of the log: read it before a snapshot and hand out both. @throws {SseError} `not-ready` before `ready` */
  readonly position: string
  /** The open streams of this process. */
  readonly streams: Streams<E>
  /** Ends all streams of a key, in every process of the broker; resolved once the command is in the log. */
  disconnect(key: string, options?: { readonly reconnect?: false | number }): Promise<void>
  stats(): HubStats
  /** Resolves when the broker has started. */
  readonly ready: Promise<void>
  /**
   * Ends all streams, spread over `drain` milliseconds (default 0), each told to come back after a time drawn from `retry`
   * (milliseconds, default 1,000 to 5,000), then closes the broker. Publishing is refused from the call on.
   */
  close(options?: CloseHubOptions): Promise<void>
  /** For adapters: a stream of this hub over a response. */
  stream(transport: Transport, options?: StreamOptions): SseStream<E>
}

export interface PublishOptions<N extends string = string> {
  /** The event's name; without one the client sees a `message` event. */
  readonly event?: N
  /** At most 128 bytes; for ten minutes a repeat under the same key answers the first id and appends nothing. */
  readonly idempotencyKey?: string
}

export interface CloseHubOptions {
  readonly drain?: number
  readonly retry?: readonly [min: number, max: number]
}

export interface HubOptions {
  /** The log. Default: in memory, gone with the process. */
  readonly broker?: Broker
  /** How much of the log's end is held in memory. Default 10,000 entries or 16 MiB, whichever is less. */
  readonly window?: { readonly entries?: number; readonly bytes?: number }
  /** Milliseconds between two heartbeats of a stream; 0 for none. Default 15,000, which keeps every common proxy from cutting it. */
  readonly heartbeat?: number
  /** Bytes that the data of an event may have. Default 64 KiB. */
  readonly maxEventBytes?: number
  /** Told what user callbacks, the broker and unawaited publishes threw. Default `console.error`. */
  readonly onError?: (error: unknown) => void
  /** Told when a stream opens and when it ends. */
  readonly onStream?: (event: StreamEvent) => void
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** A number from 0 to 1. Default `Math.random`. */
  readonly random?: () => number
}

export type StreamEvent =
  | { readonly type: 'open'; readonly stream: SseStream }
  | { readonly type: 'close'; readonly stream: SseStream; readonly reason: StreamEnd }
