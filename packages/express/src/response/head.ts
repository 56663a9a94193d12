import type { Response } from 'express'

/** The head of an event stream. What the app has set stays, but for what would make the body something else. */
export function setStreamHead(response: Response): void {
  setHead(response, 'text/event-stream; charset=utf-8')
  addDirective(response, 'no-transform', 'no-cache, no-transform')
  // nginx holds back what it proxies unless it is told not to.
  if (!response.hasHeader('X-Accel-Buffering')) response.setHeader('X-Accel-Buffering', 'no')
}

/** The head of an answer that is one document, which is never stored. */
export function setDocumentHead(response: Response, contentType?: string): void {
  setHead(response, contentType)
  addDirective(response, 'no-store', 'no-store')
}

function setHead(response: Response, contentType: string | undefined): void {
  if (contentType === undefined) response.removeHeader('Content-Type')
  else response.setHeader('Content-Type', contentType)
  response.removeHeader('Content-Length')
  response.removeHeader('Content-Encoding')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.vary('Accept')
}

/** Adds a directive to the `Cache-Control` that the app has set (RFC 9111, 5.2.2). */
function addDirective(response: Response, directive: string, otherwise: string): void {
  const own = [response.getHeader('Cache-Control') ?? []].flat().join(', ')
  const has = own.split(',').some((text) => text.trim().toLowerCase() === directive)
  if (!has) response.setHeader('Cache-Control', own === '' ? otherwise : `${own}, ${directive}`)
}
