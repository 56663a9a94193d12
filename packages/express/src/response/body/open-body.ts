import type { Response } from 'express'
import type { Body } from './body.ts'
import { CompressedBody } from './compressed-body.ts'
import { isDirect, SocketBody } from './socket-body.ts'
import { WrittenBody } from './written-body.ts'

/** The cheapest way that is open to a response whose headers are flushed: before, it does not show what stands between. */
export function openBody(response: Response, drained: () => void): Body {
  const { socket } = response
  if (socket && isDirect(response)) return new SocketBody(response, socket, drained)
  const drains: unknown = response.on('drain', drained)
  return response.getHeader('Content-Encoding')
    ? new CompressedBody(response, drains)
    : new WrittenBody(response)
}
