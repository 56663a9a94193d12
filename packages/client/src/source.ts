import { EventSource } from 'eventsource'
import type { Clock } from './clock.ts'
import { createFetch } from './fetch.ts'
import type { HeadersOption } from './headers.ts'
import { retryAfter } from './policy.ts'
import { createRetryReader } from './retry.ts'
import type { SseFailure } from './state.ts'
import { isCrossOrigin, type Query, withQuery } from './url.ts'

/** An event as any EventSource dispatches it. `data` and `lastEventId` are there if it is a message. */
export interface EventLike {
  readonly type: string
  readonly data?: unknown
  readonly lastEventId?: string
  /** The status and the cause, which only `eventsource` tells, with its errors. */
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
export interface SourceRequest {
  readonly url: URL
  readonly channels: Iterable<string>
  readonly cursor: string
  readonly withCredentials: boolean
  readonly headers: HeadersOption | undefined
  readonly EventSource: EventSourceConstructor | undefined
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

/** One EventSource, used for one connection. Its own reconnecting never happens: at its first error it is closed. */
export interface Source {
  /** Has messages of this name told; a name may be given twice. */
  listen(event: string): void
  close(): void
}

/** Whether a constructor takes a `fetch`, and with it headers, as the `eventsource` package says of itself. */
export function takesFetch(Constructor: EventSourceConstructor): boolean {
  return Symbol.for('eventsource.supports-fetch-override') in Constructor
}

/** Starts one connection. Throws what the constructor throws. */
export function openSource(request: SourceRequest, events: SourceEvents): Source {
  const { EventSource: Constructor = EventSource, channels, clock, cursor, url, withCredentials } = request
  const overFetch = takesFetch(Constructor)
  // The header is the standard's way and every server reads it, but from another origin it costs a preflight that many servers refuse,
  // and a native EventSource that was made anew cannot send it. There the query carries the cursor.
  const inHeader = overFetch && !isCrossOrigin(url)
  const query: Query = { channels, lastEventId: inHeader ? '' : cursor }
  const findRetry = createRetryReader(events.retry)
  let wait: number | undefined
  let closed = false
  let identified = false

  const fetch = createFetch(
    { ...request, cursor: inHeader ? cursor : '' },
    {
      answered(headers) {
        wait = retryAfter(headers.get('Retry-After'), clock.now())
      },
      received(chunk) {
        if (closed) return
        events.alive()
        findRetry(chunk)
      },
    },
  )
  const init = overFetch ? { withCredentials, fetch } : { withCredentials }
  const source = new Constructor(withQuery(url, query).href, init)

  function close(): void {
    closed = true
    source.close()
  }

  function receive({ type, data, lastEventId = '' }: EventLike): void {
    if (closed || data === undefined) return
    identified ||= lastEventId !== ''
    events.alive()
    events.message({ event: type, data: String(data), lastEventId: identified ? lastEventId : undefined })
  }

  source.addEventListener('open', (event) => {
    if (!closed && !isMessage(event)) events.opened()
  })
  source.addEventListener('error', (event) => {
    if (closed || isMessage(event)) return
    const gaveUp = source.readyState === CLOSED
    close()
    events.failed(overFetch || !gaveUp ? describe(event, wait) : REFUSED)
  })
  return { listen: (event) => source.addEventListener(event, receive), close }
}

const CLOSED = 2

/** A server may name an event `open` or `error`. Those are messages like any other; EventSource's own carry no data. */
const isMessage = (event: EventLike) => 'data' in event

/** A native EventSource gives up after any answer it does not like, and tells nothing about it. */
const REFUSED: SseFailure = { code: 'refused', message: 'EventSource gave up, without telling why' }

/** What `eventsource` tells: the status of an answer, or else the cause; nothing when the stream ended. */
function describe({ code, message }: EventLike, retryAfter: number | undefined): SseFailure {
  if (code === 200) return { code: 'content-type', message: 'The answer is not an event stream' }
  if (typeof code === 'number') {
    const failure = { code: 'status', message: `The server answered ${code}`, status: code } as const
    return retryAfter === undefined ? failure : { ...failure, retryAfter }
  }
  return { code: 'network', message: typeof message === 'string' && message ? message : 'The stream ended' }
}
