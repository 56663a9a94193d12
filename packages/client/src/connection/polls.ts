import { createAlarm } from '../supervisor/deadline.ts'
import { ask, checkStatus } from '../http/connection-request.ts'
import { checkSize, overflow } from './bytes.ts'
import { isSendable } from '../cursor/cursor.ts'
import { openEventSource } from './event-source.ts'
import { Failure, toFailure } from '../http/failure.ts'
import { retryAfter } from '../supervisor/retry-policy.ts'
import type { Fallback, Source, SourceEvents, SourceRequest } from './connection.ts'
import { openStream } from './stream.ts'

/** Seconds that the server may wait for the first event. */
const WAIT = 25

/** Milliseconds between two polls of a server that does not wait, or whose answer brought the client no further. */
const PAUSE = 5000

/** Bytes that an answer may have beside one event of the greatest size. Our server stops at 1 MiB, except for a snapshot of records. */
const MOST = 16 * 1024 * 1024

export interface PollDocument {
  readonly events: readonly { readonly id?: string; readonly event: string; readonly data: string }[]
  readonly cursor: string
  readonly gap?: unknown
  readonly channels?: unknown
  /** Milliseconds: the server asks the client to come back then. */
  readonly back: number | undefined
}

/** Polls once beside a silent stream. Rejects unless the server answers with a poll in time, and before the stream speaks. */
export async function firstPoll(request: SourceRequest, silence: AbortSignal): Promise<PollDocument> {
  const { clock, fallback } = request
  const stop = new AbortController()
  const abort = () => stop.abort()
  const patience = createAlarm(clock, abort)
  patience.set(fallback.after)
  silence.addEventListener('abort', abort)
  try {
    const document = await poll(request, stop.signal, 0)
    if (document) return document
    throw new Error('The server knows no polls')
  } finally {
    patience.set(Number.POSITIVE_INFINITY)
  }
}

/**
 * A connection of polls: one after the other, each from the cursor of the one before. After a while streaming is tried again: from its first
 * byte on, the stream takes over. A server that turns out to know no polls is streamed from.
 *
 * This module is loaded when it is needed, which is rarely.
 *
 * @param first the answer to a poll that was made already
 */
export function openPolls(request: SourceRequest, events: SourceEvents, first?: PollDocument): Source {
  const { clock, fallback } = request
  const stop = new AbortController()
  const { signal } = stop
  /** What has taken over, or may be about to. */
  let stream: Source | undefined
  let cursor = request.cursor
  let isOpen = false
  let pause = 0
  let endPause = () => {}

  async function run(): Promise<void> {
    let document = first ?? (await next(0))
    if (fallback.until <= clock.now()) fallback.until = clock.now() + fallback.retry
    while (!signal.aborted) {
      if (!document) {
        fallback.until = -1
        const open = request.EventSource ? openEventSource : openStream
        stream = open({ ...request, cursor }, events)
        return
      }
      tell(document)
      if (signal.aborted) return
      if (fallback.until <= clock.now()) {
        if (await streams()) return
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

  function tell({ back, channels, cursor: next, events: polled, gap }: PollDocument): void {
    const message = (event: string, data: unknown, id = cursor) => {
      cursor = id
      if (signal.aborted) return
      const text = typeof data === 'string' ? data : JSON.stringify(data)
      events.message({ event, data: text, lastEventId: id })
    }
    if (signal.aborted) return
    const resumed = cursor ? !gap : null
    if (!isOpen) {
      isOpen = true
      events.opened()
      events.alive()
      message('sse.open', { stream: '', heartbeat: WAIT * 1000, resumed })
    } else events.alive()
    if (channels) message('sse.channels', channels)
    if (gap) message('sse.gap', gap)
    for (const { event, data, id } of polled) message(event || 'message', data, id)
    message('sse.ping', '', next)
    if (back !== undefined) message('sse.close', { reconnect: back })
  }

  /** Tries a stream, beside no poll, and resolves with whether it has taken over. */
  function streams(): Promise<boolean> {
    return new Promise((resolve) => {
      let speaks = false
      const giveUp = () => {
        patience.set(Number.POSITIVE_INFINITY)
        trial.close()
        resolve(false)
      }
      const patience = createAlarm(clock, giveUp)
      patience.set(fallback.after)
      const trial = openStream(
        { ...request, cursor },
        {
          ...events,
          opened() {},
          alive() {
            if (!speaks) patience.set(Number.POSITIVE_INFINITY)
            speaks = true
            fallback.until = 0
            resolve(true)
            events.alive()
          },
          failed(failure) {
            // Before the first byte the next poll shows what is wrong.
            if (speaks) events.failed(failure)
            else giveUp()
          },
        },
      )
      stream = { close: () => (speaks ? trial.close() : giveUp()) }
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
    listen: (name, isWanted) => stream?.listen?.(name, isWanted),
    close() {
      stop.abort()
      endPause()
      stream?.close()
    },
  }
}

/**
 * Makes one poll. Resolves without a value where the server knows no polls; 406 says so of this route. Rejects with a {@link Failure} for
 * any other status but 200.
 *
 * @param wait seconds that the server may wait for the first event
 */
async function poll(
  request: SourceRequest,
  signal: AbortSignal,
  wait: number,
): Promise<PollDocument | undefined> {
  const { clock, fallback, maxEventBytes } = request
  const own = { Accept: 'application/json, application/problem+json', Prefer: `wait=${wait}` }
  const response = await ask(request, { own, signal })
  const { headers, status } = response
  if (status !== 406) {
    checkStatus(response, clock.now())
    if (/json/.test(headers.get('Content-Type') ?? '')) {
      const document: unknown = JSON.parse(await readText(response, maxEventBytes))
      const back = retryAfter(headers.get('Retry-After'), clock.now())
      if (isDocument(document)) return check({ ...document, back }, maxEventBytes)
    }
  }
  await unpoll(response, fallback)
  return undefined
}

/** It may have answered with a stream without end. */
async function unpoll({ body }: Response, fallback: Fallback): Promise<void> {
  fallback.until = -1
  if (body && !body.locked) await body.cancel()
}

function isDocument(value: unknown): value is Omit<PollDocument, 'back'> {
  const { cursor, events } = Object(value)
  const isEvent = (event: unknown) => typeof Object(event).data === 'string'
  return typeof cursor === 'string' && Array.isArray(events) && events.every(isEvent)
}

/** A poll without a position would lead to a poll from nowhere, and what comes between would be lost. */
function check(document: PollDocument, maxEventBytes: number): PollDocument {
  if (!document.cursor || !isSendable(document.cursor))
    throw new Failure({ code: 'network', message: 'The answer to a poll has no position that could be sent' })
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
