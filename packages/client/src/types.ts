import type { BackoffOptions } from './supervisor/backoff.ts'
import type { Clock } from './clock.ts'
import type { SseChannels, SseGap, SseOpen } from './events/control-events.ts'
import type { CursorOrigin } from './cursor/cursor.ts'
import type { Parse } from './events/event-data.ts'
import type { Listener, ReportError, SseMeta } from './events/emitter.ts'
import type { PersistOption } from './cursor/persist.ts'
import type { HeadersOption, RedirectsOption } from './http/request.ts'
import type { ShareOption } from './share/protocol.ts'
import type { EventSourceConstructor } from './connection/connection.ts'
import type { SchemaIssue } from './events/standard-schema.ts'
import type { SseState } from './supervisor/state.ts'

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
   * Any EventSource constructor. Default: none, but `fetch` with a parser, which sees the status, every byte and every `id`, and sends
   * headers. A native EventSource does none of that: every failure is retried, and `headers`, `refresh`, `Retry-After` and `retry:` have
   * no effect.
   */
  readonly EventSource?: EventSourceConstructor | undefined
  /** Send cookies to another origin too. Default: false. */
  readonly withCredentials?: boolean | undefined
  /** Headers of every request; a function is asked before every attempt. Not with a constructor that cannot send them. */
  readonly headers?: HeadersOption | undefined
  /**
   * Which redirects are followed. `same-origin`: those within the origin, and from `http:` to `https:` on the same host; another one closes
   * the client (`rejected`). A browser does not show where a redirect leads: there requests with `headers`, and the POST that changes
   * channels, follow none, and a refused redirect counts as a network error. `follow`: all. Default: `same-origin`.
   */
  readonly redirects?: RedirectsOption | undefined
  /**
   * On 401 and 403: called, then the stream is resumed with the same cursor. A second refusal in a row (no stream opened in between, and
   * less than a minute apart) closes the client, and so does a rejection (`unauthorized`). It may take as long as `connectTimeout`.
   */
  readonly refresh?: (() => unknown) | undefined
  /** Where to go on from at the first connect: the id of the last event the app knows. Default: only what is new. */
  readonly lastEventId?: string | undefined
  /**
   * Keeps the cursor over reloads of the page, one for each URL or, with `{ storage, key }`, for each key: a URL whose query changes, as with
   * a token in it, needs a key. Off by default. A `lastEventId` given is used instead. A storage that throws or is full keeps nothing.
   */
  readonly persist?: PersistOption | undefined
  /**
   * One connection for all tabs of the origin that have the same URL, `share.key` and `share.version`; each is told of its own channels only.
   * With `headers` the key is needed: it says whose they are. Where there are no Web Locks or no BroadcastChannel, as in Node, each has its own connection. Default: `false`.
   */
  readonly share?: ShareOption | undefined
  /** Channels to ask for at every connect, in the query `channels`. See `subscribe`. */
  readonly channels?: readonly string[] | undefined
  /** How text becomes data; one rule, or one for each event name. Default: what `JSON.stringify` writes is turned back. */
  readonly parse?: Parse<Extract<keyof Events, string>> | undefined
  /**
   * Waiting between attempts: U(0.5, 1) × min(max, base · 2ⁿ); where the server asks for a time, that plus U(0, min(max, base)). Default:
   * `{ base: 1000, max: 30_000 }`.
   */
  readonly backoff?: BackoffOptions | undefined
  /** Failed attempts in a row after which the client closes (`exhausted`). Default: Infinity. */
  readonly maxAttempts?: number | undefined
  /** How long an answer may take, and a `refresh`; then it is tried again. At least 1, default 30,000. */
  readonly connectTimeout?: number | undefined
  /** Bytes that a line or an event may have: a larger one ends the attempt. Default: 16 MiB. */
  readonly maxEventBytes?: number | undefined
  /**
   * Silence after which the connection is replaced. Default `'auto'`: 2.5 of the heartbeats the server announced in `sse.open`, and none
   * if it announced none. Over `fetch` every byte breaks the silence, on another EventSource only events do. `false`: never.
   */
  readonly watchdog?: 'auto' | number | false | undefined
  /**
   * A stream without a first byte is held back by something in between: the same URL is polled until streaming works again, if the server
   * answers polls. `false`: never.
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
  /**
   * The cursor, the standard's "last event ID": the last `id` received, also of an event that nobody listens for or of a block without
   * data. Empty while there was none, or after an empty one.
   */
  readonly lastEventId: string
  /**
   * Where the cursor came from that the newest stream was asked to go on from. `stored`, from `persist`, proves nothing about a page that
   * has just been loaded: what it shows has to be loaded though the stream has resumed.
   */
  readonly resumedFrom: CursorOrigin
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
   * new connection. The answer is `sse.channels`. A change that the server answers 400 or 413 is taken back, and its channels are `refused`.
   *
   * The wishes are a set: asked for twice and given up once, a channel is no longer asked for.
   *
   * @throws SseError `invalid-channel` unless each name is 1–256 bytes without commas and control characters, and does not begin with
   * `sse:`; then nothing has changed
   */
  subscribe(channels: string | readonly string[]): void
  /** No longer asks for channels, whoever asked for them and however often. */
  unsubscribe(channels: string | readonly string[]): void
  /**
   * Listens for an event by name, on this and every later connection; `message` is one without a name.
   *
   * @returns takes the listener off again
   */
  on<Name extends EventName<Events>>(event: Name, listener: Listener<EventData<Events, Name>>): () => void
}
