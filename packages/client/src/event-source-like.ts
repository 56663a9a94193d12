import type { OpenSource } from './source.ts'

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

export const OPEN = Symbol.for('@sse/client.open')

/** Whether a constructor takes a `fetch`, and with it headers, as the package `eventsource` says of itself. */
export function takesFetch(Constructor: EventSourceConstructor): boolean {
  return Symbol.for('eventsource.supports-fetch-override') in Constructor
}
