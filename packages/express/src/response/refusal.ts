import { STATUS_CODES } from 'node:http'
import type { Refusal } from '@sse/core'
import type { Response } from 'express'

/**
 * Answers a refusal in the form that the client understands. A native EventSource stays away for good after any status but 200: one that
 * shall come back gets a stream that ends at once, with the time in `retry`.
 *
 * @param seesStatus whether the client is a poll or said that it reads problem documents
 */
export function refuse(response: Response, refusal: Refusal, seesStatus: boolean): void {
  if (response.headersSent) return
  const { status, detail, retry } = refusal
  response.vary('Accept')
  if (status === 204) response.status(204).set('Cache-Control', 'no-store').end()
  else if (seesStatus || retry === undefined) sendProblem(response, status, detail, retry)
  else {
    response.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
      Connection: 'close',
    })
    response.end(`: ${status} ${detail}\nretry: ${retry}\n\n`)
  }
}

/** A problem document (RFC 9457). @param retry milliseconds after which the client shall try again */
export function sendProblem(response: Response, status: number, detail: string, retry?: number): void {
  if (retry !== undefined) response.set('Retry-After', String(Math.max(1, Math.ceil(retry / 1000))))
  response
    .status(status)
    .set({ 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' })
    .end(JSON.stringify({ title: STATUS_CODES[status], status, detail }))
}
