import type { Response } from 'express'
import type { Body } from './body.ts'
import { CompressedBody } from './compressed-body.ts'
import { WrittenBody } from './written-body.ts'

/** The way of a response whose socket cannot be written to: through `res.write`, whatever that is. */
export function openBody(response: Response, drained: () => void): Body {
  const drains: unknown = response.on('drain', drained)
  return response.getHeader('Content-Encoding')
    ? new CompressedBody(response, drains)
    : new WrittenBody(response)
}
