import type { ServerResponse } from 'node:http'
import { SseError } from '@sse/core'
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
    `The response of ${routeOf(response.req)} has already begun as something else: open the stream before you write to the response.`,
  )
}
