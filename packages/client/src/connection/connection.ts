import type { Clock } from '../clock.ts'
import type { RequestOptions } from '../http/request.ts'
import type { SseFailure } from '../supervisor/state.ts'

/** An event of the stream, or of a poll. */
export interface SourceMessage {
  /** `message` for an event without a name. A block that only moves the cursor is told as `sse.ping`, without data. */
  readonly event: string
  readonly data: string
  /** The cursor after it: the standard's "last event ID" (HTML standard, 9.2.6). */
  readonly lastEventId: string
}

/** What one connection tells. After `failed`, and after `close()`, it tells nothing more. */
export interface SourceEvents {
  /** The server has answered with an event stream, or with a poll. */
  opened(): void
  /** A sign of life: any bytes where they can be seen, else an event. */
  alive(): void
  /** The server named its reconnection time, in milliseconds. */
  retry(milliseconds: number): void
  message(message: SourceMessage): void
  failed(failure: SseFailure): void
}

/**
 * One connection, from its request to its end. It never reconnects: the life of the client replaces it.
 *
 * There are three: a stream over `fetch` (the default), an EventSource, and polls.
 */
export interface Source {
  close(): void
  /**
   * There is a first listener for a name, or no listener any more. Only an EventSource needs to know, because it dispatches by name.
   */
  listen?(event: string, isWanted: boolean): void
}

/** What one connection needs to know. */
export interface SourceRequest extends RequestOptions {
  /** The address without channels and cursor; a promise where the app gives a function. */
  readonly url: URL | Promise<URL>
  readonly channels: Iterable<string>
  /** Where to go on from. Empty: from now on. */
  readonly cursor: string
  /** Names that are listened for, each once. */
  names(): Iterable<string>
  readonly EventSource?: EventSourceConstructor | undefined
  /** Bytes that a line or an event may have. */
  readonly maxEventBytes: number
  readonly fallback: Fallback
  readonly clock: Clock
}

export type OpenSource = (request: SourceRequest, events: SourceEvents) => Source

/** When a client polls instead of streaming, and what it has learned of its server in this life. */
export interface Fallback {
  /** Milliseconds that the first byte of a stream may take. 0: never poll. */
  readonly after: number
  /** Milliseconds of polling until streaming is tried again. */
  readonly retry: number
  /** Until when the server is polled: 0 while it streams, -1 when it has shown that it cannot be polled. */
  until: number
}

/** An event as any EventSource dispatches it. `data` and `lastEventId` are there if it is a message. */
export interface EventLike {
  readonly type: string
  readonly data?: unknown
  readonly lastEventId?: string
  readonly origin?: string
  /** The cause: only the package `eventsource` tells it, with its errors. */
  readonly message?: unknown
}

type Listener = (event: EventLike) => void

/** What is needed of an EventSource: the browser's own, the package `eventsource` and test doubles all fit. */
export interface EventSourceLike {
  readonly readyState: number
  addEventListener(type: string, listener: Listener): void
  removeEventListener?(type: string, listener: Listener): void
  close(): void
}

export interface EventSourceConstructor {
  new (url: string, init?: { withCredentials?: boolean }): EventSourceLike
  /** How it is used, where that need not be loaded first: a test's double opens within `connect()`. */
  readonly [OPEN]?: OpenSource
}

export const OPEN = Symbol('open')

/** Whether a constructor takes a `fetch`, and with it headers, as the package `eventsource` says of itself. */
export function takesFetch(Constructor: EventSourceConstructor): boolean {
  return Symbol.for('eventsource.supports-fetch-override') in Constructor
}
