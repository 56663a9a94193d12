import type { ChannelsChanged } from '../hub/types.ts'
import type { PollDocument } from '../response/poll.ts'
import type { Refusal } from '../response/refusal.ts'

/** A whole response. */
export interface Answer {
  readonly status: number
  readonly head: Head
  readonly body?: string
}

/** Headers to set. Those without a value are removed. */
export type Head = readonly (readonly [name: string, value: string | undefined])[]

/** A header that the app has set on the response. */
export type OwnHeader = (name: string) => string | undefined

/** The head of an event stream. Headers of the app stay, except those that describe another body. */
export function streamHead(own: OwnHeader): Head {
  const vary = own('Vary')
  const cacheControl = own('Cache-Control')
  const buffering = own('X-Accel-Buffering')
  // Most apps set none of these, and every stream would make the same list.
  if (vary === undefined && cacheControl === undefined && buffering === undefined) return usualHead
  return headOf(vary, cacheControl, buffering)
}

function headOf(vary?: string, cacheControl?: string, buffering = 'no'): Head {
  return [
    ...bodyHead(vary, 'text/event-stream; charset=utf-8'),
    ['Cache-Control', withItem(cacheControl || 'no-cache', 'no-transform')],
    // Without this header nginx buffers the stream.
    ['X-Accel-Buffering', buffering],
  ]
}

/**
 * A refusal in the form that the client understands. A native EventSource never reconnects after any status except 200. So if it may reconnect,
 * it gets a stream that ends at once, with the time in `retry`.
 *
 * @param seesStatus whether the client polls, or said that it reads problem documents
 */
export function refusalAnswer(
  { status, detail, retry }: Refusal,
  seesStatus: boolean,
  own: OwnHeader,
): Answer {
  if (status === 204) return { status, head: documentHead(own, undefined) }
  if (seesStatus || retry === undefined) return problem({ status, detail, retry }, own)
  return {
    status: 200,
    head: [...streamHead(own), ['Connection', 'close']],
    body: `: ${status} ${detail}\nretry: ${retry}\n\n`,
  }
}

/**
 * A problem document (RFC 9457).
 *
 * @param options `retry`: milliseconds after which the client may try again
 */
export function problem(
  { status, detail, retry }: { status: number; detail: string; retry?: number | undefined },
  own: OwnHeader,
): Answer {
  return {
    status,
    head: [...documentHead(own, 'application/problem+json'), ...retryAfter(retry)],
    body: JSON.stringify({ title: titles[status], status, detail }),
  }
}

/**
 * A document for one client.
 *
 * @param options `retry`: milliseconds after which the client may ask again; `lastOfConnection`: the connection ends with it
 */
export function documentAnswer(
  document: PollDocument | ChannelsChanged | { readonly reached: string },
  own: OwnHeader,
  { retry, lastOfConnection }: { retry?: number | undefined; lastOfConnection?: boolean } = {},
): Answer {
  const head = [...documentHead(own, 'application/json; charset=utf-8'), ...retryAfter(retry)]
  if (lastOfConnection) head.push(['Connection', 'close'])
  return { status: 200, head, body: JSON.stringify(document) }
}

/** The head of a document, which is never stored. */
function documentHead(own: OwnHeader, contentType: string | undefined): Head {
  return [
    ...bodyHead(own('Vary'), contentType),
    ['Cache-Control', withItem(own('Cache-Control'), 'no-store')],
  ]
}

function bodyHead(vary: string | undefined, contentType: string | undefined): Head {
  return [
    ['Content-Type', contentType],
    ['Content-Length', undefined],
    ['Content-Encoding', undefined],
    ['X-Content-Type-Options', 'nosniff'],
    ['Vary', withItem(vary, 'Accept')],
  ]
}

/** A list with one more item, unless the list has the item already or says `*`. */
function withItem(list: string | undefined, item: string): string {
  if (!list) return item
  const items = list.split(',').map((text) => text.trim().toLowerCase())
  return items.includes(item.toLowerCase()) || items.includes('*') ? list : `${list}, ${item}`
}

/** @param retry milliseconds */
function retryAfter(retry: number | undefined): Head {
  return retry === undefined ? [] : [['Retry-After', String(Math.max(1, Math.ceil(retry / 1000)))]]
}

const usualHead = headOf()

/** The reason phrases of RFC 9110: `node:http` has them too, and the core knows no server. */
const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  406: 'Not Acceptable',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}
