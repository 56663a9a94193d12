import { EventSource } from 'eventsource'
import type { Clock } from './clock.ts'
import { ask, type FetchLike, type FetchRequest, observe } from './fetch.ts'
import { retryAfter } from './policy.ts'
import type { Fallback, Polling } from './poll.ts'
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
  /** Names whose messages are told. */
  readonly names: Iterable<string>
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
  /** As EventSource keeps it; undefined until this source has seen an id, for then it knows nothing of the cursor. */
  readonly lastEventId: string | undefined
}

/** One connection: an EventSource whose own reconnecting never happens, for at its first error it is closed. */
export interface Source {
  /** Has messages of this name told; a name may be given twice. */
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
  const names = new Set(['open', 'error', ...request.names])
  let source: EventSourceLike | undefined
  let identified: boolean
  let timer: unknown
  let isSilent = true

  function close(): void {
    clock.clearTimeout(timer)
    source?.close()
    source = undefined
  }

  function fail(failure: SseFailure): void {
    close()
    events.failed(failure)
  }

  function alive(): void {
    clock.clearTimeout(timer)
    isSilent = false
    events.alive()
  }

  /** Listens to the present source, for as long as it is that. */
  function hear(name: string): void {
    const mine = source
    mine?.addEventListener(name, (event) => {
      if (mine === source) heard(mine, event)
    })
  }

  function heard({ readyState }: EventSourceLike, event: EventLike): void {
    const { type, data, lastEventId = '' } = event
    // A server may name an event `open` or `error`. Those are messages like any other; EventSource's own carry no data.
    if (data !== undefined) {
      identified ||= lastEventId !== ''
      alive()
      events.message({ event: type, data: String(data), lastEventId: identified ? lastEventId : undefined })
    } else if (type === 'open') {
      if (!overFetch) clock.clearTimeout(timer) // all that a native one lets see of its bytes
      events.opened()
    } else if (type === 'error') fail(overFetch || readyState !== CLOSED ? describe(event) : REFUSED)
  }

  function start(Type: EventSourceConstructor, fetch: FetchLike): void {
    source?.close()
    identified = false
    // One that is not over `fetch` does not look at it.
    const init = { withCredentials: !!request.withCredentials, fetch }
    source = new Type(address(cursor).href, init)
    names.forEach(hear)
  }

  const polling: Polling = {
    ...{ clock, cursor, fallback, retryAfter },
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
  const polls = async (isProbe: boolean) => (await import('./poll.ts')).createPolls(polling, isProbe)

  if (fallback.until > clock.now()) start(EventSource, async (...args) => (await polls(false))!(...args))
  else start(Constructor, polling.stream)
  if (fallback.after && !fallback.until) {
    timer = clock.setTimeout(async () => {
      timer = undefined
      const fetch = await polls(true).catch(() => undefined)
      if (fetch && source && isSilent) start(EventSource, fetch)
    }, fallback.after)
  }
  return {
    listen(event) {
      if (!names.has(event)) hear(event)
      names.add(event)
    },
    close,
  }
}

const CLOSED = 2

/** A native EventSource gives up after any answer it does not like, and tells nothing about it. */
const REFUSED: SseFailure = { code: 'refused', message: 'EventSource gave up' }

/** What `eventsource` tells: that a 200 was no event stream, or else the cause; nothing when the stream ended. */
function describe({ code, message }: EventLike): SseFailure {
  if (code === 200) return { code: 'content-type', message: 'The answer is not an event stream' }
  return { code: 'network', message: typeof message === 'string' && message ? message : 'The stream ended' }
}
