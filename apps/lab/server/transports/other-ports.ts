import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'

/** The page is on another port of this host, and so of another origin: it may read, and pages of other hosts may not. */
export const otherPorts: RequestHandler = (req, res, next) => {
  const { origin } = req.headers
  if (origin !== undefined && isOfThisHost(req)) {
    res.set('Access-Control-Allow-Origin', origin)
    res.vary('Origin')
  }
  next()
}

/** Whether a request comes from a page of this host, on whatever port, or from a program, which tells no origin. */
export function isOfThisHost({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers
  if (origin === undefined) return true
  const asked = `http://${host}`
  if (!URL.canParse(origin) || !URL.canParse(asked)) return false
  return new URL(origin).hostname === new URL(asked).hostname
}
