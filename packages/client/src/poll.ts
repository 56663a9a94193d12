import type { Clock } from './clock.ts'
import type { FetchLike, Question, Read, ResponseHead } from './request.ts'

/** When a client polls instead, and what it has learned of its server, over all its connections. */
export interface Fallback {
  /** Milliseconds that the first byte of a stream may take. 0: never poll. */
  readonly after: number
  /** Milliseconds of polling until streaming is tried again. */
  readonly retry: number
  /** Until when the server is polled: 0 while it streams, -1 when it has shown that it cannot be polled. */
  until: number
}

/** What polls share with the stream in whose place they are. */
export interface Polling {
  readonly clock: Clock
  readonly cursor: string
  readonly fallback: Fallback
  /** Asks for a stream, unless headers of its `own` say something else. */
  ask(cursor: string, signal: AbortSignal, own?: Question['own']): Promise<Response>
  /** Ends the connection unless this is an answer to go on with. */
  answered(response: Response): boolean
  /** The answer as `eventsource` takes it, every chunk noted. */
  observe(read: Read, head: ResponseHead): ReturnType<FetchLike>
  readonly stream: FetchLike
  retryAfter(header: string | null, now: number): number | undefined
}

/** Seconds that the server may wait for the first event. */
const WAIT = 25

/** Milliseconds between two polls of a server that does not wait. */
const PAUSE = 5000

interface PollDocument {
  readonly events: readonly { readonly id?: string; readonly event: string; readonly data: string }[]
  readonly cursor: string
  readonly gap?: unknown
  readonly channels?: unknown
  /** Milliseconds: the server asks the client to come back then. */
  readonly back: number | undefined
}

type Bytes = Uint8Array<ArrayBuffer>

/**
 * A `fetch` for `eventsource` that polls: one answer after the other, each from the cursor of the one before, made into the bytes of one
 * event stream. After a while streaming is tried again: from its first byte on, that is what is read.
 *
 * This module is loaded when it is needed, which is rarely.
 *
 * @param isProbe there is a stream, which may yet speak: rejects unless a first poll is answered
 */
export async function createPolls(polling: Polling, isProbe: boolean): Promise<FetchLike> {
  const { ask, answered, clock, fallback } = polling
  let { cursor } = polling
  let first: PollDocument | undefined
  if (isProbe) {
    const response = await ask(cursor, AbortSignal.timeout(fallback.after), forPoll(0))
    first = response.ok ? await readDocument(response, polling) : undefined
    if (!first) throw new Error('The server knows no polls')
  }

  return async (url, init) => {
    const signal = init.signal as AbortSignal
    let cancel = () => {}
    signal.addEventListener('abort', () => cancel())
    let stream: Read | undefined
    let pause = 0

    async function poll(wait: number): Promise<PollDocument | undefined> {
      const asked = clock.now()
      const response = await ask(cursor, signal, forPoll(wait))
      if (!answered(response)) return undefined
      const document = await readDocument(response, polling)
      pause = wait && !document?.events.length ? Math.max(0, PAUSE - (clock.now() - asked)) : 0
      return document
    }

    async function streamAgain(): Promise<Bytes | undefined> {
      const stop = new AbortController()
      cancel = () => stop.abort()
      const timer = clock.setTimeout(cancel, fallback.after)
      try {
        const response = await ask(cursor, stop.signal)
        const reader = response.ok ? response.body?.getReader() : undefined
        const chunk = await reader?.read()
        if (chunk?.value) stream = () => reader!.read()
        return chunk?.value
      } catch {
        return undefined // the next poll shows what is wrong
      } finally {
        clock.clearTimeout(timer)
      }
    }

    /** An aborted rest ends at once: the poll after it is aborted too. */
    const rest = () =>
      new Promise<void>((resolve) => {
        const timer = clock.setTimeout(resolve, pause)
        cancel = () => {
          clock.clearTimeout(timer)
          resolve()
        }
      })

    function told(document: PollDocument | undefined, isFirst: boolean): Bytes | undefined {
      if (!document) return undefined
      const resumed = cursor ? !document.gap : null
      cursor = document.cursor
      return toBytes(document, isFirst && { heartbeat: WAIT * 1000, resumed })
    }

    let pending = told(first ?? (await poll(0)), true)
    if (!pending) return polling.stream(url, init)
    if (fallback.until <= clock.now()) fallback.until = clock.now() + fallback.retry

    async function next(): Promise<Bytes | undefined> {
      const bytes = pending
      pending = undefined
      if (bytes) return bytes
      if (fallback.until <= clock.now()) {
        const chunk = await streamAgain()
        fallback.until = chunk ? 0 : clock.now() + fallback.retry
        if (chunk) return chunk
      }
      if (pause) await rest()
      return told(await poll(WAIT), false)
    }

    const read: Read = async () => {
      if (stream) return stream()
      const value = await next()
      return value ? { done: false, value } : { done: true, value }
    }
    return polling.observe(read, HEAD)
  }
}

/** What makes a request a poll, which may wait so many seconds for its first event. */
const forPoll = (wait: number) => ({
  Accept: 'application/json, application/problem+json',
  Prefer: `wait=${wait}`,
})

/** Polls have no head of their own that `eventsource` could look at. */
const HEAD = { status: 200, headers: new Headers({ 'Content-Type': 'text/event-stream' }) }

/** What answers otherwise knows no polls, and is not polled again. It may have answered with a stream without end. */
async function readDocument(
  response: Response,
  { clock, fallback, retryAfter }: Polling,
): Promise<PollDocument | undefined> {
  const { headers, body } = response
  if (/json/.test(headers.get('Content-Type') ?? '')) {
    const document = Object(await response.json())
    const back = retryAfter(headers.get('Retry-After'), clock.now())
    if (typeof document.cursor === 'string' && Array.isArray(document.events)) return { ...document, back }
  } else await body?.cancel()
  fallback.until = -1
  return undefined
}

function toBytes({ events, cursor, gap, channels, back }: PollDocument, open: object | false): Bytes {
  const text = [
    open && frame('sse.open', open),
    channels && frame('sse.channels', channels),
    gap && frame('sse.gap', gap),
    ...events.map(({ event, data, id }) => frame(event, data, id)),
    frame('sse.ping', '', cursor),
    back !== undefined && frame('sse.close', { reconnect: back }),
  ]
  return new TextEncoder().encode(text.filter(Boolean).join(''))
}

function frame(event: string, data: unknown, id?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${text.replaceAll('\n', '\ndata: ')}\n\n`
}
