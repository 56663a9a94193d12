import { isSendable } from '../cursor/cursor.ts'
import { checkStatus, requestConnection, retryAfter } from '../http/connection-request.ts'
import { Failure, toFailure } from '../http/failure.ts'
import { createDeadline } from '../supervisor/deadline.ts'
import { checkSize, overflow } from './bytes.ts'
import type { Connection, ConnectionEvents, ConnectionRequest } from './connection.ts'
import { openEventSource } from './event-source.ts'
import { openStream } from './stream.ts'

/** Seconds that the server may wait for the first event. */
const WAIT = 25

/** Milliseconds between two polls if the server does not wait, or if its answer did not move the cursor. */
const PAUSE = 5000

/** The most bytes of an answer, on top of one event of the greatest size. Our server stops at 1 MiB, except for a snapshot of records. */
const MOST = 16 * 1024 * 1024

export interface PollDocument {
  readonly events: readonly { readonly id?: string; readonly event: string; readonly data: string }[]
  readonly cursor: string
  readonly gap?: unknown
  readonly channels?: unknown
  /** The server asks the client to return after so many milliseconds. */
  readonly back: number | undefined
}

/** Polls once beside a silent stream. Rejects unless the server answers with a poll in time, and before the stream sends a byte. */
export async function firstPoll(request: ConnectionRequest, silence: AbortSignal): Promise<PollDocument> {
  const { clock, fallback } = request
  const stop = new AbortController()
  const abort = () => stop.abort()
  const deadline = createDeadline(clock, abort)
  deadline.set(fallback.after)
  silence.addEventListener('abort', abort)
  try {
    const document = await poll(request, stop.signal, 0)
    if (document) return document
    throw new Error('The server does not answer polls')
  } finally {
    deadline.set(Number.POSITIVE_INFINITY)
  }
}

/**
 * A connection that polls. Each poll starts at the cursor of the one before. After a while it also tries to stream: the stream takes over with
 * its first byte. If the server turns out not to answer polls, it streams.
 *
 * @param first the answer to a poll that was already made
 */
export function openPolls(
  request: ConnectionRequest,
  events: ConnectionEvents,
  first?: PollDocument,
): Connection {
  const { clock, fallback } = request
  const stop = new AbortController()
  const { signal } = stop
  /** The stream that has taken over, or is being tried. */
  let stream: Connection | undefined
  let cursor = request.cursor
  let isOpen = false
  let pause = 0
  let endPause = () => {}

  async function run(): Promise<void> {
    // The caller must have the connection before the first event, because a listener may close it.
    await null
    let document = first ?? (await next(0))
    if (fallback.until <= clock.now()) fallback.until = clock.now() + fallback.retry
    while (!signal.aborted) {
      if (!document) {
        fallback.until = -1
        const open = request.EventSource ? openEventSource : openStream
        stream = open({ ...request, cursor }, events)
        return
      }
      receive(document)
      if (signal.aborted) return
      if (fallback.until <= clock.now()) {
        if (await tryStream()) return
        fallback.until = clock.now() + fallback.retry
      }
      if (pause > 0) await rest()
      if (!signal.aborted) document = await next(WAIT)
    }
  }

  async function next(wait: number): Promise<PollDocument | undefined> {
    const asked = clock.now()
    const document = await poll({ ...request, cursor }, signal, wait)
    const isQuick = wait > 0 && (!document?.events.length || document.cursor === cursor)
    pause = isQuick ? Math.min(PAUSE, PAUSE - (clock.now() - asked)) : 0
    return document
  }

  function receive({ back, channels, cursor: next, events: polled, gap }: PollDocument): void {
    const emit = (event: string, data: unknown, id = cursor) => {
      cursor = id
      if (signal.aborted) return
      const text = typeof data === 'string' ? data : JSON.stringify(data)
      events.receive({ event, data: text, lastEventId: id })
    }
    if (signal.aborted) return
    const resumed = cursor ? !gap : null
    if (!isOpen) {
      isOpen = true
      events.opened()
      events.alive()
      emit('sse.open', { stream: '', heartbeat: WAIT * 1000, resumed })
    } else events.alive()
    if (channels) emit('sse.channels', channels)
    if (gap) emit('sse.gap', gap)
    for (const { event, data, id } of polled) emit(event || 'message', data, id)
    emit('sse.ping', '', next)
    if (back !== undefined) emit('sse.close', { reconnect: back })
  }

  /** Tries a stream while no poll is running. Resolves with whether it has taken over. */
  function tryStream(): Promise<boolean> {
    return new Promise((resolve) => {
      let isAlive = false
      const giveUp = () => {
        deadline.set(Number.POSITIVE_INFINITY)
        trial.close()
        resolve(false)
      }
      const deadline = createDeadline(clock, giveUp)
      deadline.set(fallback.after)
      const trial = openStream(
        { ...request, cursor },
        {
          ...events,
          opened() {},
          alive() {
            if (!isAlive) deadline.set(Number.POSITIVE_INFINITY)
            isAlive = true
            fallback.until = 0
            resolve(true)
            events.alive()
          },
          failed(failure) {
            // Before the first byte the next poll shows what is wrong.
            if (isAlive) events.failed(failure)
            else giveUp()
          },
        },
      )
      stream = { close: () => (isAlive ? trial.close() : giveUp()) }
    })
  }

  const rest = () =>
    new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, pause)
      endPause = () => {
        clock.clearTimeout(timer)
        resolve()
      }
    })

  run().catch((error) => {
    if (signal.aborted) return
    stop.abort()
    events.failed(toFailure(error))
  })

  return {
    close() {
      stop.abort()
      endPause()
      stream?.close()
    },
  }
}

/**
 * Makes one poll. Resolves with undefined if the server does not answer polls; a 406 says so for this route. Rejects with a {@link Failure}
 * for any other status but 200.
 *
 * @param wait seconds that the server may wait for the first event
 */
async function poll(
  request: ConnectionRequest,
  signal: AbortSignal,
  wait: number,
): Promise<PollDocument | undefined> {
  const { clock, fallback, maxEventBytes } = request
  const own = { Accept: 'application/json, application/problem+json', Prefer: `wait=${wait}` }
  const response = await requestConnection(request, { own, signal })
  const { body, headers, status } = response
  if (status !== 406) {
    checkStatus(response, clock.now())
    if (/json/.test(headers.get('Content-Type') ?? '')) {
      const document: unknown = JSON.parse(await readText(response, maxEventBytes))
      const back = retryAfter(headers.get('Retry-After'), clock.now())
      if (isDocument(document)) return check({ ...document, back }, maxEventBytes)
    }
  }
  fallback.until = -1
  // The answer may be a stream that never ends.
  if (body && !body.locked) await body.cancel()
  return undefined
}

function isDocument(value: unknown): value is Omit<PollDocument, 'back'> {
  const { cursor, events } = Object(value)
  const isEvent = (event: unknown) => typeof Object(event).data === 'string'
  return typeof cursor === 'string' && Array.isArray(events) && events.every(isEvent)
}

/** After a poll without a position the next one would have no cursor, and the events in between would be lost. */
function check(document: PollDocument, maxEventBytes: number): PollDocument {
  if (!document.cursor || !isSendable(document.cursor))
    throw new Failure({ code: 'network', message: 'The answer to a poll has no cursor that can be sent' })
  for (const { data } of document.events) checkSize(data, maxEventBytes)
  return document
}

/** @throws Failure `overflow` */
async function readText({ body }: Response, maxEventBytes: number): Promise<string> {
  const decoder = new TextDecoder()
  const reader = body?.getReader()
  let text = ''
  let bytes = 0
  for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
    bytes += chunk.value.length
    if (bytes > maxEventBytes + MOST) {
      await reader?.cancel()
      throw overflow(maxEventBytes)
    }
    text += decoder.decode(chunk.value, { stream: true })
  }
  return text + decoder.decode()
}
