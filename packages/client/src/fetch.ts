import type { EventSource } from 'eventsource'
import { askHeaders, credentialsOf, type HeadersOption } from './headers.ts'

type FetchLike = NonNullable<NonNullable<ConstructorParameters<typeof EventSource>[1]>['fetch']>

/** What the request of an EventSource is to carry beyond the standard. */
export interface FetchRequest {
  readonly headers: HeadersOption | undefined
  readonly withCredentials: boolean
  /** Sent as `Last-Event-ID` unless it is empty. */
  readonly cursor: string
}

/** Told what EventSource keeps to itself. */
export interface FetchObserver {
  answered(headers: Headers): void
  received(chunk: Uint8Array): void
}

/** A `fetch` for `eventsource` that sends what EventSource cannot, and notes what EventSource does not tell. */
export function createFetch(request: FetchRequest, observer: FetchObserver): FetchLike {
  return async (url, init) => {
    const headers = await askHeaders(request.headers).catch(failed)
    // Asking for problem documents too tells our server that this client can bear another status than 200.
    headers.set('Accept', 'text/event-stream, application/problem+json')
    if (request.cursor) headers.set('Last-Event-ID', toByteString(request.cursor))
    const credentials = credentialsOf(request.withCredentials)
    const response = await fetch(url, { ...init, headers, credentials })
    observer.answered(response.headers)
    const { body, redirected, status } = response
    const observed = body && { getReader: () => observe(body.getReader(), observer) }
    return { body: observed, headers: response.headers, redirected, status, url: response.url }
  }
}

/** `eventsource` takes any AbortError for its own `close()` and tells nothing: one of the app's must not pass for it. */
function failed(cause: unknown): never {
  throw new Error('`headers` failed', { cause })
}

/** The same bytes, each chunk noted on its way: no other stream in between, and nothing copied. */
function observe(reader: ReadableStreamDefaultReader<Uint8Array>, observer: FetchObserver) {
  return {
    cancel: () => reader.cancel(),
    async read() {
      const chunk = await reader.read()
      if (chunk.value) observer.received(chunk.value)
      return chunk
    },
  }
}

/** Header values are bytes, and an id travels as UTF-8 (HTML standard, 9.2.3, "Last-Event-ID"). */
const toByteString = (text: string) => String.fromCharCode(...new TextEncoder().encode(text))
