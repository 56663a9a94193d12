import type { Clock } from '../clock.ts'
import type { RequestOptions } from '../http/request.ts'
import type { SseFailure } from '../supervisor/state.ts'

/** An event as it was received: its data is still text. */
export interface RawEvent {
  /** `message` for an event without a name. A block that only moves the cursor is given as `sse.ping`, without data. */
  readonly event: string
  readonly data: string
  /** The cursor after it: the standard's "last event ID" (HTML standard, 9.2.6). */
  readonly lastEventId: string
}

/** The callbacks of one connection. It calls none after `failed`, and none after `close()`. */
export interface ConnectionEvents {
  /** The server has answered with an event stream, or with a poll. */
  opened(): void
  /** A sign of life: any bytes where they can be seen, else an event. */
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
  /** A name has its first listener, or no listener any more. Only an EventSource needs to know, because it dispatches by name. */
  listen?(event: string, isWanted: boolean): void
}

/** What one connection needs to know. */
export interface ConnectionRequest extends RequestOptions {
  /** The URL without channels and cursor. A promise if the app gives a function. */
  readonly url: URL | Promise<URL>
  readonly channels: Iterable<string>
  /** The position to resume from. Empty: only new events. */
  readonly cursor: string
  /** Names that have listeners, each once. */
  names(): Iterable<string>
  readonly EventSource?: EventSourceConstructor | undefined
  /** The most bytes of a line or an event. */
  readonly maxEventBytes: number
  readonly fallback: Fallback
  readonly clock: Clock
}

export type OpenConnection = (request: ConnectionRequest, events: ConnectionEvents) => Connection

/** When a client polls instead of streaming, and what it has learned about its server in this life. */
export interface Fallback {
  /** Milliseconds that the first byte of a stream may take. 0: never poll. */
  readonly after: number
  /** Milliseconds of polling until streaming is tried again. */
  readonly retry: number
  /** The client polls until this time. 0: it streams. -1: the server does not answer polls. */
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

/** What the client uses of an EventSource. The browser's own, the package `eventsource` and test doubles all fit. */
export interface EventSourceLike {
  readonly readyState: number
  addEventListener(type: string, listener: Listener): void
  removeEventListener?(type: string, listener: Listener): void
  close(): void
}

export interface EventSourceConstructor {
  new (url: string, init?: { withCredentials?: boolean }): EventSourceLike
  /** The adapter, if it need not be loaded first. A test's double brings it, so that it opens within `connect()`. */
  readonly [OPEN]?: OpenConnection
}

export const OPEN = Symbol('open')

/** Whether a constructor takes a `fetch`, and with it headers. The package `eventsource` sets this symbol. */
export function takesFetch(Constructor: EventSourceConstructor): boolean {
  return Symbol.for('eventsource.supports-fetch-override') in Constructor
}
