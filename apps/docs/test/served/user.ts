import type { RequestHandler } from 'express'

/** Takes the user from this header: the reader's own app has signed them in. */
export function userFrom(header: string): RequestHandler {
  return function userFrom(req, _res, next) {
    const id = req.get(header)
    if (id) Object.assign(req, { user: { id } })
    next()
  }
}
