import type { Clock } from '../clock.ts'
import type { Emitter } from '../events/emitter.ts'
import type { RequestOptions } from '../http/request.ts'
import type { SseFailure } from '../supervisor/state.ts'

/** An event as it was received. Its data is not parsed yet. */
export interface RawEvent {
  /** `message` for an event without a name. A block without data, which only moves the cursor, is passed on as `sse.ping`. */
  readonly event: string
  readonly data: string
  /** The cursor after it: the standard's "last event ID" (HTML standard, 9.2.6). */
  readonly lastEventId: string
}

/** The callbacks of one connection. None is called after `failed` or after `close()`. */
export interface ConnectionEvents {
  /** The server has answered with an event stream, or with a poll. */
  opened(): void
  /** Bytes have arrived. A connection that does not see bytes calls it for each event. */
  alive(): void
  /** The server sent its reconnection time, in milliseconds. */
  retry(milliseconds: number): void
  receive(event: RawEvent): void
  failed(failure: SseFailure): void
}

/**
 * One connection, from its request to its end. It never reconnects: the supervisor replaces it.
 *
 * There are three kinds: a stream over `fetch` (the default), an EventSource, and polls.
 */
export interface Connection {
  close(): void
}

/** The parameters of one connection. */
export interface ConnectionRequest extends RequestOptions {
  /** The URL without channels and cursor. A promise if the app gives a function. */
  url(): URL | Promise<URL>
  readonly channels: Iterable<string>
  /** The position to resume from. Empty: only new events. */
  readonly cursor: string
  /** The listeners. Only an EventSource needs them, because it dispatches by name. */
  readonly listeners: Emitter
  readonly EventSource?: EventSourceConstructor | undefined
  /** The maximum size of a line or an event, in bytes. */
  readonly maxEventBytes: number
  readonly fallback: Fallback
  readonly clock: Clock
}

export type OpenConnection = (request: ConnectionRequest, events: ConnectionEvents) => Connection

/** When a client polls instead of streaming. It is shared by the connections of one life of the client. */
export interface Fallback {
  /** Milliseconds to wait for the first byte of a stream before polling. 0: never poll. */
  readonly after: number
  /** Milliseconds of polling until streaming is tried again. */
  readonly retry: number
  /** The client polls until this time, by its clock. 0: it streams. -1: the server does not answer polls, so the client never polls. */
  until: number
}

/** An event as any EventSource dispatches it. Messages have `data` and `lastEventId`. */
export interface EventLike {
  readonly type: string
  readonly data?: unknown
  readonly lastEventId?: string
  readonly origin?: string
  /** The cause of an error. Only the package `eventsource` gives it. */
  readonly message?: unknown
}

type Listener = (event: EventLike) => void

/** The part of an EventSource that the client uses. The browser's own, the package `eventsource` and test doubles have it. */
export interface EventSourceLike {
  readonly readyState: number
  addEventListener(type: string, listener: Listener): void
  removeEventListener?(type: string, listener: Listener): void
  close(): void
}

export interface EventSourceConstructor {
  new (url: string, init?: { withCredentials?: boolean }): EventSourceLike
  /** Opens a connection over this constructor. Only the test double has it, so that a test's connection opens within `connect()`. */
  readonly [OPEN]?: OpenConnection
}

export const OPEN = Symbol('open')

/** Whether a constructor accepts a `fetch` in its options, which can send headers. The package `eventsource` sets this symbol. */
export function takesFetch(Constructor: EventSourceConstructor): boolean {
  return Symbol.for('eventsource.supports-fetch-override') in Constructor
}
