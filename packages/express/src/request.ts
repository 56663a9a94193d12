import type { IncomingMessage } from 'node:http'

/** What a client says of the stream that it wants. All of it is untrusted. */

type ExpressRequest = IncomingMessage & { readonly originalUrl?: string }

/**
 * The cursor that a client brings: the header `Last-Event-ID` that EventSource sends when it reconnects, else the query parameter
 * `lastEventId`, for a first connect and for a new EventSource over the same stream.
 */
export function lastEventIdOf(request: ExpressRequest): string | undefined {
  const header = request.headers['last-event-id']
  // Node hands header values over as Latin-1; the standard sends the id in UTF-8.
  if (typeof header === 'string' && header !== '') return Buffer.from(header, 'latin1').toString()
  return queryOf(request).get('lastEventId') || undefined
}

/** The channels that a client asks for when it connects: `?channels=a,b`. */
export function askedChannelsOf(request: ExpressRequest): string[] {
  const asked = queryOf(request).getAll('channels').join(',').split(',')
  return asked.filter((name) => name !== '')
}

/**
 * Whether several tabs share the stream, which the header `Sse-Shared: 1` says, or the query parameter `shared=1` where no header can be
 * sent.
 */
export function isShared(request: ExpressRequest): boolean {
  return request.headers['sse-shared'] === '1' || queryOf(request).get('shared') === '1'
}

/** How long a client waits for the answer to a poll, in milliseconds: `Prefer: wait=25` (RFC 7240, 4.3). */
export function waitOf(request: IncomingMessage): number {
  const header = [request.headers['prefer'] ?? []].flat().join(',')
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=[,;]|$)/i.exec(header)?.[1]
  return Number(seconds ?? 0) * 1000
}

/** Whether the client sees a status other than 200, and understands a problem document (RFC 9457). A native EventSource does not. */
export function readsProblems(request: IncomingMessage): boolean {
  return (request.headers.accept ?? '').includes('application/problem+json')
}

/** Read off the URL as it came: the app may have another query parser, or none. */
function queryOf({ originalUrl, url = '' }: ExpressRequest): URLSearchParams {
  const whole = originalUrl ?? url
  const start = whole.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : whole.slice(start))
}
