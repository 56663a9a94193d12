import type { Answer, Head } from '@sse/core/internal'
import type { Response } from 'express'

/** Sends a whole response, unless another one has begun. */
export function send(response: Response, answer: (own: OwnHeader) => Answer): void {
  if (response.headersSent) return
  const { status, head, body } = answer(ownHeaders(response))
  setHead(response, head)
  response.status(status).end(body)
}

export function setHead(response: Response, head: Head): void {
  for (const [name, value] of head) {
    if (value === undefined) response.removeHeader(name)
    else response.setHeader(name, value)
  }
}

type OwnHeader = (name: string) => string | undefined

/** The headers that the app has set. */
export function ownHeaders(response: Response): OwnHeader {
  return (name) => {
    const value = response.getHeader(name)
    return value === undefined ? undefined : [value].flat().join(', ')
  }
}
