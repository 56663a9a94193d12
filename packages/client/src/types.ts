import type { BackoffOptions } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { SseChannels, SseGap, SseOpen } from './control.ts'
import type { Parse } from './data.ts'
import type { Listener, ReportError, SseMeta } from './emitter.ts'
import type { PersistOption } from './persist.ts'
import type { HeadersOption } from './request.ts'
import type { ShareOption } from './share/protocol.ts'
import type { EventSourceConstructor } from './source.ts'
import type { SchemaIssue } from './standard-schema.ts'
import type { SseState } from './state.ts'

/** Events that the client itself tells. */
export interface SseClientEvents {
  /** The state has changed. */
  'sse.state': SseState
  /** A stream has begun. Unless `resumed` is true, events may have been missed before it. */
  'sse.open': SseOpen
  /** Events have been missed; told before anything newer. */
  'sse.gap': SseGap
  /** The channels of the stream have been settled. */
  'sse.channels': SseChannels
  /** An event whose data could not be read; its listeners were not called. */
  'sse.invalid': SseInvalid
  /** An event that nobody listens for. An EventSource shows it only if it has no name, so that it is a `message`. */
  'sse.unhandled': SseUnhandled
}

/** An event that could not be read, or that its schema does not take. */
export interface SseInvalid {
  readonly event: string
  /** The text as it came. */
  readonly data: string
  /** Why, and where in the data if a schema said so. */
  readonly issues: readonly SchemaIssue[]
}

/** An event that nobody listens for: its name may be misspelt on one side. */
export interface SseUnhandled {
  readonly event: string
}

/** Names that can be listened for: the app's, and the client's own. */
export type EventName<Events> = keyof (Events & SseClientEvents) & string

/** The data that comes with a name. */
export type EventData<Events, Name> = Name extends keyof SseClientEvents
  ? SseClientEvents[Name]
  : Name extends keyof Events
    ? Events[Name]
    : never

/** An event as `iterate` gives it; the name tells the type of the data. */
export type SseEvent<Events, Name> = Name extends string
  ? SseMeta & { readonly event: Name; readonly data: EventData<Events, Name> }
  : never

/** When to poll instead of streaming. Milliseconds. */
export interface PollsOptions {
  /** How long the first byte of a stream may take. Default: 10,000. */
  readonly after?: number | undefined
  /** How long to poll until streaming is tried again. Default: 300,000. */
  readonly retry?: number | undefined
}

/** Everything is optional. Times are milliseconds. */
export interface SseClientOptions<Events extends object = Record<string, unknown>> {
  /**
   * Any EventSource constructor. Default: the `eventsource` package over `fetch`, which sees the status of an answer and sends headers.
   * A native EventSource does neither: every failure is retried, and `headers`, `refresh`, `Retry-After` and `retry:` have no effect.
   */
  readonly EventSource?: EventSourceConstructor | undefined
  /** Send cookies to another origin too. Default: false. */
  readonly withCredentials?: boolean | undefined
  /** Headers of every request; a function is asked before every attempt. Not with a constructor that cannot send them. */
  readonly headers?: HeadersOption | undefined
  /** On 401 and 403: called once, then the stream is resumed with the same cursor. If it rejects the client closes (`unauthorized`). */
  readonly refresh?: (() => unknown) | undefined
  /** Where to go on from at the first connect: the id of the last event the app knows. Default: only what is new. */
  readonly lastEventId?: string | undefined
  /**
   * Keeps the cursor over reloads of the page, one for each URL and, with `{ storage, key }`, each user. Default: not. A `lastEventId` given
   * is the better one. A storage that throws or is full is as good as none.
   */
  readonly persist?: PersistOption | undefined
  /**
   * One connection for all tabs of the origin that have the same URL, `share.key` and `share.version`. With `headers` the key is needed: it
   * says whose they are. Where there are no Web Locks or no BroadcastChannel, as in Node, each has its own connection. Default: `false`.
   */
  readonly share?: ShareOption | undefined
  /** Channels to ask for at every connect, in the query `channels`. See `subscribe`. */
  readonly channels?: readonly string[] | undefined
  /** How text becomes data; one rule, or one for each event name. Default: what `JSON.stringify` writes is turned back. */
  readonly parse?: Parse<Extract<keyof Events, string>> | undefined
  /** Waiting between attempts. Default: `{ base: 1000, max: 30_000 }`. */
  readonly backoff?: BackoffOptions | undefined
  /** Failed attempts in a row after which the client closes (`exhausted`). Default: Infinity. */
  readonly maxAttempts?: number | undefined
  /**
   * Silence after which the connection is replaced. Default `'auto'`: 2.5 of the heartbeats the server announced in `sse.open`, and none
   * if it announced none. Over `fetch` every byte breaks the silence, on another EventSource only events do. `false`: never.
   */
  readonly watchdog?: 'auto' | number | false | undefined
  /**
   * A stream without a first byte is held back by something in between: the same URL is polled until streaming works again. Only with the
   * default EventSource, and only where the server answers polls. `false`: never.
   */
  readonly polls?: PollsOptions | false | undefined
  /** Told of what a listener throws or rejects with. Default: `reportError`, or `console.error` where there is none. */
  readonly onError?: ReportError | undefined
  /** Time and chance, for tests. Default: the real ones. */
  readonly clock?: Clock | undefined
}

/** One supervised connection. Its methods never throw for what the network does: that is in `state`. */
export interface SseClient<Events extends object = Record<string, unknown>> {
  /** Where it stands. A new object at every change. */
  readonly state: SseState
  /** The cursor: the id of the last event received, control events included. Empty while there was none. */
  readonly lastEventId: string
  /** What the server has said of channels last: those of the stream, and those it refused. Wishes are made by `subscribe`. */
  readonly channels: SseChannels
  /**
   * Connects, and stays connected until `close()`. A `lastEventId` given here replaces the cursor. Does nothing while a connection is
   * up or on its way.
   */
  connect(options?: { readonly lastEventId?: string | undefined }): void
  /** Replaces the connection now, without waiting. Goes on from the cursor; connects a closed client. */
  reconnect(): void
  /** Closes, and keeps the cursor for the next `connect()`. */
  close(): void
  /**
   * Asks for channels, now and at every connect. An open stream is changed by POST on its URL; where the server does not take that, by a
   * new connection. The answer is `sse.channels`.
   *
   * @throws SseError `invalid-channel` unless a name is 1–256 bytes without commas and control characters
   */
  subscribe(channels: string | readonly string[]): void
  /** No longer asks for channels. */
  unsubscribe(channels: string | readonly string[]): void
  /**
   * Listens for an event by name, on this and every later connection; `message` is one without a name.
   *
   * @returns takes the listener off again
   */
  on<Name extends EventName<Events>>(event: Name, listener: Listener<EventData<Events, Name>>): () => void
}
