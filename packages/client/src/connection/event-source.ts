import { askStream } from '../http/connection-request.ts'
import { toFailure } from '../http/failure.ts'
import { checkRedirect } from '../http/redirect.ts'
import {
  type EventLike,
  type EventSourceLike,
  type Source,
  type SourceEvents,
  type SourceRequest,
  takesFetch,
} from './connection.ts'
import type { SseFailure } from '../supervisor/state.ts'
import { isCrossOrigin, withQuery } from '../http/url.ts'

/**
 * A connection over an EventSource. Its own reconnecting never happens, because it is closed at its first error.
 *
 * It dispatches by name, so it must know the names that are listened for. It hides the ids of all other blocks, `retry` and, unless it takes a
 * `fetch`, the status of an answer. Throws what the constructor throws. Loaded when it is needed.
 */
export function openEventSource(request: SourceRequest, events: SourceEvents): Source {
  const { channels, cursor, maxEventBytes, redirects, url, withCredentials } = request
  const EventSource = request.EventSource!
  const overFetch = takesFetch(EventSource)
  const stop = new AbortController()
  const { signal } = stop
  let source: EventSourceLike | undefined
  let address: URL | undefined
  /** Until it has seen an id an EventSource knows nothing of the cursor. */
  let isIdentified = false

  function close(): void {
    stop.abort()
    source?.close()
  }

  function fail(failure: SseFailure): void {
    if (signal.aborted) return
    close()
    events.failed(failure)
  }

  function open(from: URL): void {
    if (signal.aborted) return
    // One that is made anew cannot be given the header.
    address = withQuery(from, channels, overFetch && !isCrossOrigin(from) ? '' : cursor)
    const init = { withCredentials: !!withCredentials, maxBufferSize: maxEventBytes, fetch: answer }
    source = new EventSource(address.href, init)
    for (const name of new Set([...OWN, ...request.names()])) source.addEventListener(name, hear)
  }

  /** The `fetch` of one that takes it: headers, redirects and statuses are as without an EventSource. */
  async function answer(): Promise<Response> {
    try {
      return await askStream(request, signal)
    } catch (error) {
      fail(toFailure(error))
      throw error
    }
  }

  function hear(event: EventLike): void {
    const { data, lastEventId = '', message, origin, type } = event
    if (signal.aborted) return
    // A server may name an event `open` or `error`. Those are messages like any other; EventSource's own carry no data.
    if (data === undefined && type === 'open') {
      events.opened()
      events.alive()
    } else if (data === undefined) {
      // A native one that gave up tells nothing about it. The package tells the cause, and nothing when the stream ended.
      const isRefused = !overFetch && source?.readyState === CLOSED
      const why = isRefused ? 'EventSource gave up' : String(message || 'The stream ended')
      fail({ code: isRefused ? 'refused' : 'network', message: why })
    } else if (isWelcome(origin)) {
      isIdentified ||= lastEventId !== ''
      events.alive()
      events.message({ event: type, data: String(data), lastEventId: isIdentified ? lastEventId : cursor })
    }
  }

  /** The origin of a message is that of the answer, after redirects. */
  function isWelcome(origin: string | undefined): boolean {
    try {
      if (origin && address && redirects !== 'follow') checkRedirect(address, new URL(origin))
      return true
    } catch (error) {
      fail(toFailure(error))
      return false
    }
  }

  if (url instanceof URL) open(url)
  else url.then(open).catch((error) => fail(toFailure(error)))

  return {
    close,
    listen(name, isWanted) {
      if (OWN.includes(name)) return
      if (isWanted) source?.addEventListener(name, hear)
      else source?.removeEventListener?.(name, hear)
    },
  }
}

/** Listened for in any case. */
const OWN = ['open', 'error']

const CLOSED = 2
