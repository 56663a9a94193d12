import { LONGEST_TIMEOUT } from '../clock.ts'
import type { ConnectionRequest } from '../connection/connection.ts'
import { Failure } from './failure.ts'
import { type RequestDetails, request } from './request.ts'
import { isCrossOrigin, withQuery } from './url.ts'

/**
 * Makes one request of a connection: for a stream, unless the headers in `own` ask for something else. Rejects as {@link request} does.
 *
 * The cursor travels in the header, which is the standard's way and which every server reads. To another origin the header costs a preflight
 * that many servers refuse. There the cursor travels in the query.
 */
export async function requestConnection(
  { channels, cursor, url: address, ...options }: ConnectionRequest,
  { own, signal }: Pick<RequestDetails, 'own' | 'signal'>,
): Promise<Response> {
  const url = await address()
  const [header, query] = isCrossOrigin(url) ? ['', cursor] : [cursor, '']
  return request(withQuery(url, channels, query), { cursor: header, own, signal }, options)
}

/**
 * Requests an event stream. Rejects as {@link requestConnection} and {@link checkStatus} do, and with a {@link Failure} `content-type` for
 * anything but an event stream (HTML standard, 9.2.3, "fail the connection").
 */
export async function requestStream(request: ConnectionRequest, signal: AbortSignal): Promise<Response> {
  const response = await requestConnection(request, { signal })
  checkStatus(response, request.clock.now())
  const type = response.headers.get('Content-Type')
  if (type && /^\s*text\/event-stream\s*(;|$)/i.test(type)) return response
  throw new Failure({ code: 'content-type', message: `Not an event stream: ${type}` })
}

/** @throws Failure `status` for any status but 200 */
export function checkStatus({ headers, status }: Response, now: number): void {
  if (status === 200) return
  const wait = retryAfter(headers.get('Retry-After'), now)
  throw new Failure({ code: 'status', message: `The server answered ${status}`, status, retryAfter: wait })
}

/**
 * Milliseconds that a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds or a date). At most {@link LONGEST_TIMEOUT}. Undefined if there
 * is no header, or if it cannot be read.
 */
export function retryAfter(header: string | null, now: number): number | undefined {
  const text = header ?? ''
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(0, wait), LONGEST_TIMEOUT)
}
