import { STATUS_CODES } from 'node:http'
import type { Refusal } from '@sse/core'
import type { Response } from 'express'
import { setDocumentHead, setStreamHead } from './head.ts'

/**
 * Answers a refusal in the form that the client understands. A native EventSource stays away for good after any status but 200: one that
 * shall come back gets a stream that ends at once, with the time in `retry`.
 *
 * @param seesStatus whether the client is a poll or said that it reads problem documents
 */
export function refuse(response: Response, refusal: Refusal, seesStatus: boolean): void {
  if (response.headersSent) return
  const { status, detail, retry } = refusal
  if (status === 204) {
    setDocumentHead(response)
    response.status(204).end()
  } else if (seesStatus || retry === undefined) sendProblem(response, status, detail, retry)
  else {
    setStreamHead(response)
    response.status(200).set('Connection', 'close')
    response.end(`: ${status} ${detail}\nretry: ${retry}\n\n`)
  }
}

/** A problem document (RFC 9457). @param retry milliseconds after which the client shall try again */
export function sendProblem(response: Response, status: number, detail: string, retry?: number): void {
  setDocumentHead(response, 'application/problem+json')
  if (retry !== undefined) setRetryAfter(response, retry)
  response.status(status).end(JSON.stringify({ title: STATUS_CODES[status], status, detail }))
}

/** @param retry milliseconds */
export function setRetryAfter(response: Response, retry: number): void {
  response.set('Retry-After', String(Math.max(1, Math.ceil(retry / 1000))))
}
