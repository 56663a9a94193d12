import { EventSource } from 'eventsource'
import type { Clock } from './clock.ts'
import { askHeaders, credentialsOf, type HeadersOption } from './headers.ts'
import { retryAfter } from './policy.ts'
import { createRetryReader } from './retry.ts'
import type { SseFailure } from './state.ts'
import { isCrossOrigin, type Query, withQuery } from './url.ts'

/** An event as any EventSource dispatches it. `data` and `lastEventId` are there if it is a message. */
export interface EventLike {
  readonly type: string
  readonly data?: unknown
  readonly lastEventId?: string
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
  readonly withCredentials: boolean | undefined
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
export function takesFetch(constructor: EventSourceConstructor): boolean {
  return Symbol.for('eventsource.supports-fetch-override') in constructor
}

export function openSource(request: SourceRequest, events: SourceEvents): Source {
  const { EventSource: Constructor = EventSource, cursor, withCredentials } = request
  const overFetch = takesFetch(Constructor)
  // A header of ours makes a cross-origin request a preflighted one, which many servers refuse; a native EventSource can send none.
  // The query reaches every server of ours. Where a header costs nothing it is what the standard says, and what every server reads.
  const inHeader = overFetch && !isCrossOrigin(request.url)
  const query: Query = { channels: request.channels, lastEventId: inHeader ? undefined : cursor }
  const answer: Answer = { retryAfter: undefined }
  const init = overFetch
    ? { withCredentials, fetch: observe(request, inHeader, answer, events) }
    : { withCredentials }
  const source = new Constructor(withQuery(request.url, query).href, init)
  let closed = false
  let identified = false

  function close(): void {
    closed = true
    source.close()
  }

  function receive({ type, data, lastEventId = '' }: EventLike): void {
    // An event that a server names `open` or `error` is a message like any other; EventSource's own carry no data.
    if (closed || data === undefined) return
    identified ||= lastEventId !== ''
    events.alive()
    events.message({ event: type, data: String(data), lastEventId: identified ? lastEventId : undefined })
  }

  source.addEventListener('open', (event) => {
    if (!closed && !('data' in event)) events.opened()
  })
  source.addEventListener('error', (event) => {
    if (closed || 'data' in event) return
    const gaveUp = source.readyState === 2
    close()
    events.failed(describe(event, answer, gaveUp && !overFetch))
  })
  return { listen: (event) => source.addEventListener(event, receive), close }
}

interface Answer {
  retryAfter: number | undefined
}

/** `eventsource` tells the status as `code` and the cause as `message`; a clean end has neither, and a native error never has. */
function describe(
  event: { code?: unknown; message?: unknown },
  { retryAfter }: Answer,
  refused: boolean,
): SseFailure {
  const { code: status, message } = event
  if (refused) return { code: 'refused', message: 'EventSource gave up, without telling why' }
  if (status === 200) return { code: 'content-type', message: 'The answer is not an event stream' }
  if (typeof status === 'number') {
    const failure = { code: 'status', message: `The server answered ${status}`, status } as const
    return retryAfter === undefined ? failure : { ...failure, retryAfter }
  }
  return typeof message === 'string' && message
    ? { code: 'network', message }
    : { code: 'network', message: 'The stream ended' }
}

type FetchLike = NonNullable<NonNullable<ConstructorParameters<typeof EventSource>[1]>['fetch']>

/** A `fetch` that sends what EventSource cannot, and notes what EventSource does not tell. */
function observe(request: SourceRequest, inHeader: boolean, answer: Answer, events: SourceEvents): FetchLike {
  return async (url, init) => {
    const headers = await askHeaders(request.headers)
    // Asking for problem documents too tells our server that this client can bear another status than 200.
    headers.set('Accept', 'text/event-stream, application/problem+json')
    if (inHeader && request.cursor) headers.set('Last-Event-ID', toByteString(request.cursor))
    const credentials = credentialsOf(request.withCredentials)
    const response = await fetch(url, { ...init, headers, credentials })
    answer.retryAfter = retryAfter(response.headers.get('Retry-After'), request.clock.now())
    const { body, redirected, status } = response
    return {
      headers: response.headers,
      redirected,
      status,
      url: response.url,
      body: body && watch(body, events),
    }
  }
}

/** The same bytes, with every chunk noted on its way. */
function watch(body: ReadableStream<Uint8Array>, events: SourceEvents) {
  const findRetry = createRetryReader(events.retry)
  return {
    getReader() {
      const reader = body.getReader()
      return {
        cancel: () => reader.cancel(),
        async read() {
          const chunk = await reader.read()
          if (chunk.value) {
            events.alive()
            findRetry(chunk.value)
          }
          return chunk
        },
      }
    },
  }
}

/** Header values are bytes, and an id is UTF-8 (HTML standard, 9.2.3, "Last-Event-ID"). */
const toByteString = (text: string) => String.fromCharCode(...new TextEncoder().encode(text))
