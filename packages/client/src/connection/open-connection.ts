import { toFailure } from '../http/failure.ts'
import { createDeadline } from '../supervisor/deadline.ts'
import {
  type Connection,
  type ConnectionEvents,
  type ConnectionRequest,
  OPEN,
  type OpenConnection,
} from './connection.ts'
import { openStream } from './stream.ts'

/**
 * Starts one connection. Throws any error of the constructor of an EventSource.
 *
 * If a stream sends no first byte in time, a proxy may be buffering it. Then the client also polls the same URL. Polls replace the stream
 * only if the server answers them, so a server without polls keeps its stream.
 *
 * Polls and the adapter for an EventSource are loaded when they are needed.
 */
export function openConnection(request: ConnectionRequest, events: ConnectionEvents): Connection {
  const { clock, EventSource, fallback } = request
  /** Aborted with the first byte, and at the end. */
  const silence = new AbortController()
  const deadline = createDeadline(clock, () => void poll(true).catch(() => {}))
  let connection: Connection | undefined
  let isClosed = false

  function endSilence(): void {
    deadline.set(Number.POSITIVE_INFINITY)
    silence.abort()
  }

  /** Rejects if the polls cannot be loaded. A trial also rejects if the server does not answer polls. */
  async function poll(isTrial: boolean): Promise<void> {
    const { openPolls, firstPoll } = await import('../lazy.ts')
    const first = isTrial ? await firstPoll(request, silence.signal) : undefined
    if (silence.signal.aborted) return
    connection?.close()
    connection = openPolls(request, events, first)
  }

  function stream(open: OpenConnection): void {
    if (isClosed) return
    connection = open(request, {
      ...events,
      alive() {
        endSilence()
        events.alive()
      },
      failed(failure) {
        endSilence()
        events.failed(failure)
      },
    })
    if (fallback.after && !fallback.until) deadline.set(fallback.after)
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
    close() {
      isClosed = true
      endSilence()
      connection?.close()
    },
  }
}
