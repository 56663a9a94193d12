import { createParser } from 'eventsource-parser'
import { askStream } from '../http/connection-request.ts'
import { checkSize, overflow } from './bytes.ts'
import { toFailure } from '../http/failure.ts'
import { createPace } from './time-slices.ts'
import type { Source, SourceEvents, SourceMessage, SourceRequest } from './connection.ts'
import type { SseFailure } from '../supervisor/state.ts'

/** Bytes that are parsed in one piece, at most: their events are told in a few milliseconds. */
const SLICE = 16_384

/** The default connection: an event stream over `fetch`. It sees the status, every byte, `retry` and every `id`. */
export function openStream(request: SourceRequest, events: SourceEvents): Source {
  const stop = new AbortController()
  const { signal } = stop

  /** Resolves with the reason of the end. */
  async function read(): Promise<SseFailure> {
    const response = await askStream(request, signal)
    if (signal.aborted) return ENDED
    events.opened()
    const reader = response.body?.getReader()
    const feed = createFeed(request, {
      // A listener may close the connection in the middle of a chunk.
      message: (message) => signal.aborted || events.message(message),
      retry: (milliseconds) => signal.aborted || events.retry(milliseconds),
    })
    const inPace = createPace()
    while (reader) {
      const { done, value } = await reader.read()
      if (done || signal.aborted) break
      events.alive()
      for (let at = 0; at < value.length; at += SLICE) {
        await inPace(() => signal.aborted || feed(value.subarray(at, at + SLICE)))
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
 * Parses the bytes of an event stream (HTML standard, 9.2.6) and tells what they say.
 *
 * @returns takes the next bytes; throws a {@link Failure} `overflow`
 */
export function createFeed(
  { cursor, maxEventBytes }: Pick<SourceRequest, 'cursor' | 'maxEventBytes'>,
  events: { message(message: SourceMessage): unknown; retry(milliseconds: number): unknown },
): (bytes: Uint8Array) => void {
  let lastEventId = cursor
  let told = cursor
  const parser = createParser({
    maxBufferSize: maxEventBytes,
    onId(id) {
      lastEventId = id
    },
    onEvent({ event = 'message', data }) {
      checkSize(data, maxEventBytes)
      told = lastEventId
      events.message({ event, data, lastEventId })
    },
    onRetry: (milliseconds) => void events.retry(milliseconds),
    onError({ type }) {
      if (type === 'max-buffer-size-exceeded') throw overflow(maxEventBytes)
    },
  })
  // The standard takes one byte order mark away. The decoder does that; an empty line keeps the parser from taking another one.
  const decoder = new TextDecoder()
  parser.feed('\n')
  return (bytes) => {
    parser.feed(decoder.decode(bytes, { stream: true }))
    // A block without data moves the cursor too.
    if (told === lastEventId) return
    told = lastEventId
    events.message({ event: 'sse.ping', data: '', lastEventId })
  }
}
