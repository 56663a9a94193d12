import { EventSource } from 'eventsource'
import type { Clock } from './clock.ts'
import { ask, observe } from './fetch.ts'
import { retryAfter } from './policy.ts'
import type { Fallback, Polling } from './poll.ts'
import type { FetchLike, FetchRequest } from './request.ts'
import { createRetryReader } from './retry.ts'
import type { SseFailure } from './state.ts'
import { isCrossOrigin, withQuery } from './url.ts'

/** An event as any EventSource dispatches it. `data` and `lastEventId` are there if it is a message. */
export interface EventLike {
  readonly type: string
  readonly data?: unknown
  readonly lastEventId?: string
  /** The status, where the answer was no event stream, and the cause: only `eventsource` tells them, with its errors. */
  readonly code?: unknown
  readonly message?: unknown
}

/** What is needed of an EventSource: the native one, `eventsource` and test doubles all fit. */
export interface EventSourceLike {
  readonly readyState: number
  addEventListener(type: string, listener: (event: EventLike) => void): void
  close(): void
}

export type EventSourceConstructor = new (
  url: string,
  init?: { withCredentials?: boolean },
) => EventSourceLike

/** What one attempt needs to know. */
export interface SourceRequest extends FetchRequest {
  readonly url: URL
  readonly channels: Iterable<string>
  readonly cursor: string
  /** Names whose messages are told; others are listened for later. */
  names(): Iterable<string>
  readonly EventSource?: EventSourceConstructor | undefined
  readonly fallback: Fallback
  readonly clock: Clock
}

/** What one attempt tells. After `failed`, and after `close()`, nothing more is told. */
export interface SourceEvents {
  opened(): void
  /** A sign of life: over `fetch` any bytes, else an event. */
  alive(): void
  /** The server named its reconnection time, in milliseconds. Only seen over `fetch`. */
  retry(milliseconds: number): void
  message(message: SourceMessage): void
  failed(failure: SseFailure): void
}

/** An event that is a message. */
export interface SourceMessage {
  readonly event: string
  readonly data: string
  /** The cursor after it. */
  readonly lastEventId: string
}

/** One connection: an EventSource whose own reconnecting never happens, for at its first error it is closed. */
export interface Source {
  /** Has messages of this name told too; a name may be given twice. */
  listen(event: string): void
  close(): void
}

/** Whether a constructor takes a `fetch`, and with it headers, as the `eventsource` package says of itself. */
export function takesFetch(Constructor: EventSourceConstructor): boolean {
  return Symbol.for('eventsource.supports-fetch-override') in Constructor
}

/**
 * Starts one connection. Throws what the constructor throws.
 *
 * A stream without a first byte in time is held back by something in between. Then the same URL is polled, beside it, and only if that is
 * answered another EventSource, over polls, takes its place: a server that knows none keeps its stream.
 */
export function openSource(request: SourceRequest, events: SourceEvents): Source {
  const { EventSource: Constructor = EventSource, channels, clock, cursor, fallback, url } = request
  const overFetch = takesFetch(Constructor)
  // The header is the standard's way and every server reads it, but from another origin it costs a preflight that many servers refuse,
  // and a native EventSource that was made anew cannot send it. There the query carries the cursor.
  const inHeader = overFetch && !isCrossOrigin(url)
  const address = (cursor: string) => withQuery(url, { channels, lastEventId: inHeader ? '' : cursor })
  const findRetry = createRetryReader(events.retry)
  let source: EventSourceLike | undefined
  /** Hears the present source, for as long as it is that. */
  let hear: (event: EventLike) => void
  const names = new Set<string>()
  let identified = false
  /** Until the first byte: what happens if it takes too long. */
  let timer: unknown

  function speaks(): void {
    clock.clearTimeout(timer)
    timer = undefined
  }

  function close(): void {
    speaks()
    source?.close()
    source = undefined
  }

  function fail(failure: SseFailure): void {
    close()
    events.failed(failure)
  }

  function alive(): void {
    if (!source) return
    speaks()
    events.alive()
  }

  /** Once for each name: not every EventSource minds that it has the listener already. */
  function listen(name: string): void {
    if (!names.has(name)) source?.addEventListener(name, hear)
    names.add(name)
  }

  function heard({ readyState }: EventSourceLike, event: EventLike): void {
    const { type, data, lastEventId = '' } = event
    // A server may name an event `open` or `error`. Those are messages like any other; EventSource's own carry no data.
    if (data !== undefined) {
      identified ||= lastEventId !== ''
      alive()
      // Until it has seen an id an EventSource knows nothing of the cursor.
      events.message({ event: type, data: String(data), lastEventId: identified ? lastEventId : cursor })
    } else if (type === 'open') {
      if (!overFetch) speaks() // all that a native one lets see of its bytes
      events.opened()
    } else fail(overFetch || readyState !== CLOSED ? describe(event) : REFUSED)
  }

  function start(Type: EventSourceConstructor, fetch: FetchLike): void {
    source?.close()
    // One that is not over `fetch` does not look at it.
    const init = { withCredentials: !!request.withCredentials, fetch }
    const mine = new Type(address(cursor).href, init)
    source = mine
    names.clear()
    hear = (event) => {
      if (mine === source) heard(mine, event)
    }
    for (const name of ['open', 'error', ...request.names()]) listen(name)
  }

  const polling: Polling = {
    ...request,
    retryAfter,
    ask: (cursor, signal, own) =>
      ask(request, address(cursor), { cursor: inHeader ? cursor : '', signal, own }),
    /** Any status but 200 is the end of the connection. */
    answered({ headers, status }) {
      if (status === 200) return true
      const back = retryAfter(headers.get('Retry-After'), clock.now())
      fail({ code: 'status', message: `The server answered ${status}`, status, retryAfter: back })
      return false
    },
    observe: (read, head) =>
      observe(read, head, (chunk) => {
        alive()
        findRetry(chunk)
      }),
    async stream(_, { signal }) {
      const response = await polling.ask(cursor, signal as AbortSignal)
      polling.answered(response)
      const reader = response.body?.getReader()
      return polling.observe(() => reader!.read(), response)
    },
  }
  const polls = async (isProbe: boolean) => (await import('./later.ts')).createPolls(polling, isProbe)

  if (fallback.until > clock.now()) start(EventSource, async (...args) => (await polls(false))(...args))
  else start(Constructor, polling.stream)
  if (fallback.after && !fallback.until) {
    timer = clock.setTimeout(async () => {
      const fetch = await polls(true).catch(() => undefined)
      if (fetch && timer !== undefined) start(EventSource, fetch)
    }, fallback.after)
  }
  return { listen, close }
}

const CLOSED = 2

/** A native EventSource gives up after any answer it does not like, and tells nothing about it. */
const REFUSED: SseFailure = { code: 'refused', message: 'EventSource gave up' }

/** What `eventsource` tells: that a 200 was no event stream, or else the cause; nothing when the stream ended. */
const describe = ({ code, message }: EventLike): SseFailure => ({
  code: code === 200 ? 'content-type' : 'network',
  message: String(message || 'The stream ended'),
})
