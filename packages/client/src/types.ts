import type { Clock } from './clock.ts'
import type { EventSourceConstructor } from './connection/connection.ts'
import type { CursorOrigin } from './cursor/cursor.ts'
import type { PersistOption } from './cursor/persist.ts'
import type { SseChannels, SseGap, SseOpen } from './events/control-events.ts'
import type { Listener, ReportError, SseMeta } from './events/emitter.ts'
import type { Parse } from './events/event-data.ts'
import type { SchemaIssue } from './events/standard-schema.ts'
import type {
  SseEnd,
  SsePresence,
  SsePresenceEvent,
  SseRecords,
  SseRecordsEvent,
  SseRemoved,
} from './features/types.ts'
import type { HeadersOption, RedirectsOption } from './http/request.ts'
import type { ShareOption } from './share/protocol.ts'
import type { BackoffOptions } from './supervisor/backoff.ts'
import type { SseState } from './supervisor/state.ts'

/** Events that the client itself emits. */
export interface SseClientEvents {
  /** The state has changed. */
  'sse.state': SseState
  /** A stream has begun. Unless `resumed` is true, events may be missing before it. */
  'sse.open': SseOpen
  /** Events have been missed. Emitted before any newer event. */
  'sse.gap': SseGap
  /** The server has confirmed the channels of the stream. */
  'sse.channels': SseChannels
  /** Whether what the app shows may be incomplete until `resync` has loaded it. Emitted at every change. */
  'sse.stale': boolean
  /** The records of these channels follow, or are complete. `onRecords` has the result. */
  'sse.records': SseRecordsEvent
  /** A record is gone. */
  'sse.removed': SseRemoved
  /** The members of a channel, or changes of them. `onPresence` has the result. */
  'sse.presence': SsePresenceEvent
  /** A channel has ended. */
  'sse.end': SseEnd
  /** An event has invalid data. Its listeners were not called. */
  'sse.invalid': SseInvalid
  /** An event has no listener. An EventSource shows it only if it has no name and is a `message`. */
  'sse.unhandled': SseUnhandled
}

/** An event that could not be parsed, or that its schema rejects. */
export interface SseInvalid {
  readonly event: string
  /** The text as it was received. */
  readonly data: string
  /** The reasons, and the places in the data if a schema gives them. */
  readonly issues: readonly SchemaIssue[]
}

/** An event without a listener. Its name may be misspelt on one side. */
export interface SseUnhandled {
  readonly event: string
}

/** Names that can have listeners: those of the app, and those of the client. */
export type EventName<Events> = keyof (Events & SseClientEvents) & string

/** The data of an event by its name. */
export type EventData<Events, Name> = Name extends keyof SseClientEvents
  ? SseClientEvents[Name]
  : Name extends keyof Events
    ? Events[Name]
    : never

/** An event as `iterate` yields it. Its name decides the type of its data. */
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

/** Why everything has to be loaded again. */
export interface SseResyncCause {
  /**
   * `open`: a stream has begun and events may be missing. It is the first stream, or it does not resume where the last one ended.
   * `gap`: events have been missed.
   */
  readonly reason: 'open' | 'gap'
  /** Aborted when the client no longer waits for the load. */
  readonly signal: AbortSignal
}

/** Loads what the app shows. May return the position of what it has loaded: a `hub.position` read before it. */
export type ResyncOption = (cause: SseResyncCause) => unknown

/** Everything is optional. Times are milliseconds. */
export interface SseClientOptions<Events extends object = Record<string, unknown>> {
  /**
   * Any EventSource constructor. Default: none. The client then uses `fetch` with a parser, which sees the status, every byte and every
   * `id`, and sends headers. A native EventSource does none of that: the client retries every failure, and `headers`, `refresh`,
   * `Retry-After` and `retry:` have no effect.
   */
  readonly EventSource?: EventSourceConstructor | undefined
  /** Send cookies to another origin too. Default: false. */
  readonly withCredentials?: boolean | undefined
  /** Headers of every request. A function is called before every attempt. Not with an EventSource that cannot send them. */
  readonly headers?: HeadersOption | undefined
  /**
   * Which redirects are followed. `same-origin`: those within the origin, and from `http:` to `https:` on the same host. Another one closes
   * the client (`rejected`). A browser does not show the target of a redirect. There, requests with `headers` and the POST that changes
   * channels follow none, and a refused redirect counts as a network error. `follow`: all. Default: `same-origin`.
   */
  readonly redirects?: RedirectsOption | undefined
  /**
   * Called on 401 and 403. Then the client resumes with the same cursor. It closes (`unauthorized`) on a second refusal in a row (no stream
   * opened in between, and less than a minute apart), and if the function rejects. The function may take as long as `connectTimeout`.
   */
  readonly refresh?: (() => unknown) | undefined
  /** The position of the first connect: the id of the last event that the app knows. Default: only new events. */
  readonly lastEventId?: string | undefined
  /**
   * Stores the cursor across reloads of the page, one for each URL or, with `{ storage, key }`, for each key. A URL whose query changes, as
   * with a token in it, needs a key. A given `lastEventId` is used instead. A storage that throws or is full stores nothing. Off by default.
   */
  readonly persist?: PersistOption | undefined
  /**
   * One connection for all tabs of the origin that have the same URL, `share.key` and `share.version`. Each tab receives only its own
   * channels. With `headers` the key is required: it names their owner. Without Web Locks or BroadcastChannel, as in Node, each tab has its
   * own connection. Default: `false`.
   */
  readonly share?: ShareOption | undefined
  /**
   * Loads what the app shows whenever that may be incomplete: at the first opening of this client, unless the app gave the position and the
   * stream resumed there; at every other opening that does not resume; at a gap.
   *
   * The app's events wait for it: at most 10,000 of them, 16 MiB and 30 s. If it returns a position, the listeners receive exactly what
   * comes after that. If it fails, they receive what has waited, `stale` stays true, and it is tried again with backoff.
   */
  readonly resync?: ResyncOption | undefined
  /** Channels that every connect asks for, in the query `channels`. See `subscribe`. */
  readonly channels?: readonly string[] | undefined
  /** How text becomes data: one rule, or one for each event name. Default: what `JSON.stringify` writes is parsed. */
  readonly parse?: Parse<Extract<keyof Events, string>> | undefined
  /**
   * The delay between attempts: U(0.5, 1) × min(max, base · 2ⁿ). If the server asks for a time: that plus U(0, min(max, base)). Default:
   * `{ base: 1000, max: 30_000 }`.
   */
  readonly backoff?: BackoffOptions | undefined
  /** Failed attempts in a row after which the client closes (`exhausted`). Default: Infinity. */
  readonly maxAttempts?: number | undefined
  /** How long an answer or a `refresh` may take. Then the client tries again. At least 1. Default: 30,000. */
  readonly connectTimeout?: number | undefined
  /** The most bytes of a line or an event. A larger one ends the attempt. Default: 16 MiB. */
  readonly maxEventBytes?: number | undefined
  /**
   * The silence after which the connection is replaced. `'auto'`: 2.5 of the heartbeats that the server announced in `sse.open`; never if
   * it announced none. Over `fetch` every byte ends the silence, over an EventSource only events do. `false`: never. Default: `'auto'`.
   */
  readonly watchdog?: 'auto' | number | false | undefined
  /**
   * If a stream sends no first byte, a proxy may be buffering it. The client then polls the same URL until streaming works again, if the
   * server answers polls. `false`: never.
   */
  readonly polls?: PollsOptions | false | undefined
  /** Called with what a listener throws or rejects with. Default: `reportError`, or `console.error` if there is none. */
  readonly onError?: ReportError | undefined
  /** Time and randomness, for tests. Default: the real ones. */
  readonly clock?: Clock | undefined
}

/** One supervised connection. Its methods never throw network errors. These are in `state`. */
export interface SseClient<Events extends object = Record<string, unknown>> {
  /** The state. A new object at every change. */
  readonly state: SseState
  /**
   * The cursor, the standard's "last event ID": the last `id` received, also of an event without a listener or of a block without data. Empty
   * if there was none yet, or after an empty one.
   */
  readonly lastEventId: string
  /**
   * Where the cursor of the newest stream's request came from. A `stored` one, from `persist`, proves nothing about a page that was just
   * loaded: the page must load what it shows although the stream has resumed.
   */
  readonly resumedFrom: CursorOrigin
  /** Whether what the app shows may be incomplete until `resync` has loaded it. Always false without that option. */
  readonly stale: boolean
  /** The channels of the stream and those that were refused, as the server last confirmed them. Ask for channels with `subscribe`. */
  readonly channels: SseChannels
  /**
   * Connects, and stays connected until `close()`. A `lastEventId` given here replaces the cursor. Does nothing if the client is connected,
   * connecting or waiting.
   */
  connect(options?: { readonly lastEventId?: string | undefined }): void
  /** Replaces the connection now, without waiting, and resumes at the cursor. Connects a closed client. */
  reconnect(): void
  /** Closes, and keeps the cursor for the next `connect()`. */
  close(): void
  /**
   * Resolves when the listeners have received everything up to this position, or `resync` has loaded it. Asks the server for a ping where
   * nothing else would pass it.
   *
   * @throws (rejected) SseError `closed` if the client is closed; `forked` if the position is not of the log of the open stream;
   * `invalid-use` for a text that is not the id of an event
   */
  reached(id: string): Promise<void>
  /**
   * Asks for channels, now and at every connect. The client changes an open stream by POST on its URL or, if the server does not take that,
   * by a new connection. The answer is `sse.channels`. If the server answers 400 or 413, the change is undone and its channels are `refused`.
   *
   * The channels are a set: one `unsubscribe` ends any number of `subscribe` calls.
   *
   * @throws SseError `invalid-channel` unless each name is 1–256 bytes without commas and control characters, and does not begin with
   * `sse:`; then nothing has changed
   */
  subscribe(channels: string | readonly string[]): void
  /** Stops asking for channels, however often they were asked for. */
  unsubscribe(channels: string | readonly string[]): void
  /**
   * Listens for an event by name, on this and every later connection. An event without a name is a `message`.
   *
   * @returns removes the listener
   */
  on<Name extends EventName<Events>>(event: Name, listener: Listener<EventData<Events, Name>>): () => void
  /**
   * Listens for the records of a channel, which the server's `channel(name)` says has records. The listener is called when it is known what
   * records there are, and after every change. Does not ask for the channel; see `subscribe`.
   *
   * The first call on an open stream makes the client connect again once, because a stream names its records only to clients that ask.
   *
   * @returns removes the listener
   */
  onRecords<Data = Events[keyof Events]>(
    channel: string,
    listener: (records: SseRecords<Data>) => unknown,
  ): () => void
  /**
   * Listens for the members of a channel that has presence. The listener is called when they are known, and after every change. Does not ask for
   * the channel; see `subscribe`.
   *
   * @returns removes the listener
   */
  onPresence<Info = unknown>(channel: string, listener: (presence: SsePresence<Info>) => unknown): () => void
}
