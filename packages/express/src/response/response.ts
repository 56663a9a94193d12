import type { ServerResponse } from 'node:http'
import { SseError } from '@sse/core'
import type { Answer, Head, OwnHeader } from '@sse/core/internal'
import type { Response } from 'express'
import { routeOf } from '../mistakes.ts'

/** Whether a response is over. The client may have left before its stream was made, while the app awaited something. */
export function isOver(response: ServerResponse): boolean {
  return response.destroyed || response.writableEnded || response.req.socket.destroyed
}

/** @throws {SseError} `headers-sent` */
export function checkNotBegun(response: Response): void {
  if (!response.headersSent) return
  throw new SseError(
    'headers-sent',
    `The response of ${routeOf(response.req)} has begun as something else: with res.sse, call res.sse.send() instead of res.write(), and no res.writeHead() or res.flushHeaders().`,
  )
}

/** Sends a whole response, unless another one has begun. */
export function send(response: Response, answer: (own: OwnHeader) => Answer): void {
  if (response.headersSent) return
  const { status, head, body } = answer((name) => ownHeader(response, name))
  setHead(response, () => head)
  response.status(status).end(body)
}

export function setHead(response: Response, head: (own: OwnHeader) => Head): void {
  for (const [name, value] of head((name) => ownHeader(response, name))) {
    if (value !== undefined) response.setHeader(name, value)
    else if (response.hasHeader(name)) response.removeHeader(name)
  }
}

/** A header that the app has set. */
export function ownHeader(response: Response, name: string): string | undefined {
  const value = response.getHeader(name)
  return value === undefined ? undefined : [value].flat().join(', ')
}
