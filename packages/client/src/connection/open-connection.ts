import { createAlarm } from '../supervisor/deadline.ts'
import { toFailure } from '../http/failure.ts'
import { OPEN, type OpenSource, type Source, type SourceEvents, type SourceRequest } from './connection.ts'
import { openStream } from './stream.ts'

/**
 * Starts one connection. Throws what the constructor of an EventSource throws.
 *
 * A stream without a first byte in time is held back by something in between. Then the same URL is polled, beside it. Only if the server
 * answers that as a poll do polls take its place: a server that knows no polls keeps its stream.
 *
 * What polls, and what uses an EventSource, is loaded when it is needed.
 */
export function openSource(request: SourceRequest, events: SourceEvents): Source {
  const { clock, EventSource, fallback } = request
  /** Aborted with the first byte, and at the end. */
  const silence = new AbortController()
  const patience = createAlarm(clock, () => void poll(true).catch(() => {}))
  let source: Source | undefined
  let isClosed = false

  function speaks(): void {
    patience.set(Number.POSITIVE_INFINITY)
    silence.abort()
  }

  /** Rejects if what polls cannot be loaded, and if a server that is only tried cannot be polled. */
  async function poll(isTrial: boolean): Promise<void> {
    const { openPolls, firstPoll } = await import('../lazy.ts')
    const first = isTrial ? await firstPoll(request, silence.signal) : undefined
    if (silence.signal.aborted) return
    source?.close()
    source = openPolls(request, events, first)
  }

  function stream(open: OpenSource): void {
    if (isClosed) return
    source = open(request, {
      ...events,
      alive() {
        speaks()
        events.alive()
      },
      failed(failure) {
        speaks()
        events.failed(failure)
      },
    })
    if (fallback.after && !fallback.until) patience.set(fallback.after)
  }

  function failed(error: unknown): void {
    fallback.until = -1
    if (!isClosed) events.failed(toFailure(error))
  }

  const open = EventSource ? EventSource[OPEN] : openStream
  if (fallback.until > clock.now()) poll(false).catch(failed)
  else if (open) stream(open)
  else import('../lazy.ts').then(({ openEventSource }) => stream(openEventSource)).catch(failed)

  return {
    listen: (name, isWanted) => source?.listen?.(name, isWanted),
    close() {
      isClosed = true
      speaks()
      source?.close()
    },
  }
}
