import type { IncomingMessage } from 'node:http'

/**
 * The cursor that a client brings: the header `Last-Event-ID` that EventSource sends when it reconnects, else the query parameter
 * `lastEventId`, for a first connect and for a new EventSource over the same stream. Untrusted.
 */
export function lastEventIdOf(request: IncomingMessage & { originalUrl?: string }): string | undefined {
  const header = request.headers['last-event-id']
  // Node hands header values over as Latin-1; the standard sends the id in UTF-8.
  if (typeof header === 'string' && header !== '') return Buffer.from(header, 'latin1').toString()
  const url = request.originalUrl ?? request.url ?? ''
  const query = url.indexOf('?')
  if (query === -1) return undefined
  return new URLSearchParams(url.slice(query)).get('lastEventId') || undefined
}
