import { createParser } from 'eventsource-parser'
import { requestStream } from '../http/connection-request.ts'
import { toFailure } from '../http/failure.ts'
import type { SseFailure } from '../supervisor/state.ts'
import { checkSize, overflow } from './bytes.ts'
import type { Connection, ConnectionEvents, ConnectionRequest } from './connection.ts'
import { createTimeSlices } from './time-slices.ts'

/** Bytes that are parsed in one piece, at most: emitting their events takes a few milliseconds. */
const PIECE = 16_384

/** The default connection: an event stream over `fetch`. It sees the status, every byte, `retry` and every `id`. */
export function openStream(request: ConnectionRequest, events: ConnectionEvents): Connection {
  const stop = new AbortController()
  const { signal } = stop

  /** Resolves with the reason of the end. */
  async function read(): Promise<SseFailure> {
    const response = await requestStream(request, signal)
    if (signal.aborted) return ENDED
    events.opened()
    const reader = response.body?.getReader()
    const parse = createStreamParser(request, {
      // A listener may close the connection in the middle of a chunk.
      receive: (event) => signal.aborted || events.receive(event),
      retry: (milliseconds) => signal.aborted || events.retry(milliseconds),
    })
    const inTimeSlices = createTimeSlices()
    while (reader) {
      const { done, value } = await reader.read()
      if (done || signal.aborted) break
      events.alive()
      for (let at = 0; at < value.length; at += PIECE) {
        await inTimeSlices(() => signal.aborted || parse(value.subarray(at, at + PIECE)))
      }
    }
    return ENDED
  }

  read()
    .catch(toFailure)
    .then((failure) => {
      if (signal.aborted) return
      stop.abort()
      events.failed(failure)
    })
  return { close: () => stop.abort() }
}

const ENDED: SseFailure = { code: 'network', message: 'The stream ended' }

/**
 * Parses the bytes of an event stream (HTML standard, 9.2.6).
 *
 * @returns takes the next bytes; throws a {@link Failure} `overflow`
 */
export function createStreamParser(
  { cursor, maxEventBytes }: Pick<ConnectionRequest, 'cursor' | 'maxEventBytes'>,
  events: { [Name in 'receive' | 'retry']: (...given: Parameters<ConnectionEvents[Name]>) => unknown },
): (bytes: Uint8Array) => void {
  let lastEventId = cursor
  /** The cursor after the event that was emitted last. */
  let emitted = cursor
  const parser = createParser({
    maxBufferSize: maxEventBytes,
    onId(id) {
      lastEventId = id
    },
    onEvent({ event = 'message', data }) {
      checkSize(data, maxEventBytes)
      emitted = lastEventId
      events.receive({ event, data, lastEventId })
    },
    onRetry: (milliseconds) => void events.retry(milliseconds),
    onError({ type }) {
      if (type === 'max-buffer-size-exceeded') throw overflow(maxEventBytes)
    },
  })
  // The standard strips one byte order mark. The decoder does that. An empty line keeps the parser from stripping another one.
  const decoder = new TextDecoder()
  parser.feed('\n')
  return (bytes) => {
    parser.feed(decoder.decode(bytes, { stream: true }))
    // A block without data moves the cursor too.
    if (emitted === lastEventId) return
    emitted = lastEventId
    events.receive({ event: 'sse.ping', data: '', lastEventId })
  }
}
