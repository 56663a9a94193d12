import { Failure } from './failure.ts'
import { retryAfter } from '../supervisor/retry-policy.ts'
import { type Question, request as send } from './request.ts'
import type { SourceRequest } from '../connection/connection.ts'
import { isCrossOrigin, withQuery } from './url.ts'

/**
 * Makes one request of a connection, for a stream unless headers of its `own` say something else. Rejects as {@link send} does.
 *
 * The cursor travels in the header, which is the standard's way and which every server reads. To another origin the header costs a preflight
 * that many servers refuse: there the cursor travels in the query.
 */
export async function ask(
  { channels, cursor, url: address, ...options }: SourceRequest,
  { own, signal }: Pick<Question, 'own' | 'signal'>,
): Promise<Response> {
  const url = await address
  const [header, query] = isCrossOrigin(url) ? ['', cursor] : [cursor, '']
  return send(withQuery(url, channels, query), { cursor: header, own, signal }, options)
}

/**
 * Asks for an event stream. Rejects as {@link ask} and {@link checkStatus} do, and with a {@link Failure} `content-type` for anything but an
 * event stream (HTML standard, 9.2.3, "fail the connection").
 */
export async function askStream(request: SourceRequest, signal: AbortSignal): Promise<Response> {
  const response = await ask(request, { signal })
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
