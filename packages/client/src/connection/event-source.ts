import type { Emitter } from '../events/emitter.ts'
import { FEATURE_EVENTS } from '../features/features.ts'
import { requestStream } from '../http/connection-request.ts'
import { toFailure } from '../http/failure.ts'
import { checkRedirect } from '../http/redirect.ts'
import { isCrossOrigin, withQuery } from '../http/url.ts'
import type { SseFailure } from '../supervisor/state.ts'
import {
  type Connection,
  type ConnectionEvents,
  type ConnectionRequest,
  type EventLike,
  type EventSourceLike,
  takesFetch,
} from './connection.ts'

/**
 * A connection over an EventSource. It is closed at its first error, so the EventSource never reconnects by itself.
 *
 * An EventSource dispatches by name, so it must know the names that have listeners. It hides the ids of all other blocks, `retry` and, unless
 * it takes a `fetch`, the status of an answer. Throws any error of the constructor. Loaded when it is needed.
 */
export function openEventSource(request: ConnectionRequest, events: ConnectionEvents): Connection {
  const { channels, cursor, listeners, maxEventBytes, redirects, withCredentials } = request
  const url = request.url()
  const EventSource = request.EventSource!
  const overFetch = takesFetch(EventSource)
  const stop = new AbortController()
  const { signal } = stop
  let source: EventSourceLike | undefined
  let address: URL | undefined
  let stopListening = () => {}
  /** An EventSource does not know the cursor until it has received an id. */
  let hasId = false

  function close(): void {
    stop.abort()
    stopListening()
    source?.close()
  }

  function fail(failure: SseFailure): void {
    if (signal.aborted) return
    close()
    events.failed(failure)
  }

  function open(from: URL): void {
    if (signal.aborted) return
    // A new EventSource cannot be given the header.
    address = withQuery(from, channels, overFetch && !isCrossOrigin(from) ? '' : cursor)
    const init = { withCredentials: !!withCredentials, maxBufferSize: maxEventBytes, fetch: answer }
    source = new EventSource(address.href, init)
    stopListening = watchNames(listeners, listen)
    for (const name of new Set([...ALWAYS, ...CONTROL, ...FEATURE_EVENTS, ...listeners.names()]))
      source.addEventListener(name, receive)
  }

  /** The `fetch` for an EventSource that takes one: headers, redirects and statuses are as without an EventSource. */
  async function answer(): Promise<Response> {
    try {
      return await requestStream(request, signal)
    } catch (error) {
      fail(toFailure(error))
      throw error
    }
  }

  const isOwn = (name: string) => name.startsWith('sse.') || ALWAYS.includes(name)

  function listen(name: string, isWanted: boolean): void {
    if (isOwn(name)) return
    if (isWanted) source?.addEventListener(name, receive)
    else source?.removeEventListener?.(name, receive)
  }

  function receive(event: EventLike): void {
    const { data, lastEventId = '', message, origin, type } = event
    if (signal.aborted) return
    // A server may name an event `open` or `error`. Those are messages and have data. The EventSource's own have none.
    if (data === undefined && type === 'open') {
      events.opened()
      events.alive()
    } else if (data === undefined) {
      // A native one gives no cause. The package gives one, except when the stream ended.
      const isRefused = !overFetch && source?.readyState === CLOSED
      const why = isRefused ? 'The EventSource gave up' : String(message || 'The stream ended')
      fail({ code: isRefused ? 'refused' : 'network', message: why })
    } else if (isAllowed(origin)) {
      // Its last listener, from before this connection, has left.
      if (!isOwn(type) && !listeners.has(type)) {
        listen(type, false)
        return
      }
      hasId ||= lastEventId !== ''
      events.alive()
      events.receive({ event: type, data: String(data), lastEventId: hasId ? lastEventId : cursor })
    }
  }

  /** The origin of a message is that of the answer, after redirects. */
  function isAllowed(origin: string | undefined): boolean {
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
  }
}

/** The EventSource's own events, and those without a name. They always have a listener. */
const ALWAYS = ['open', 'error', 'message']

/** Those that the client listens for itself. */
const CONTROL = ['sse.open', 'sse.gap', 'sse.channels', 'sse.ping', 'sse.close']

const CLOSED = 2

/** Calls `run` with every name that gets its first listener, and that loses its last. */
function watchNames(listeners: Emitter, run: (name: string, isWanted: boolean) => void): () => void {
  const { on } = listeners
  const watched: Emitter['on'] = (name, listener) => {
    if (!listeners.has(name)) run(name, true)
    const off = on(name, listener)
    return () => {
      off()
      if (!listeners.has(name)) run(name, false)
    }
  }
  listeners.on = watched
  return () => {
    if (listeners.on === watched) listeners.on = on
  }
}
