import type { Request, RequestHandler } from 'express'
import { Problem } from './problem.ts'

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses writes that a page of another origin makes with our user's cookie (403). Browsers tell where a request
 * comes from, by `Sec-Fetch-Site` (Fetch Metadata) or, older ones and plain HTTP, by `Origin`; programs such as
 * curl send neither and carry nobody else's cookie, so they may write.
 */
export const sameOrigin: RequestHandler = (req, _res, next) => {
  if (!safe.has(req.method) && isForeign(req)) {
    throw new Problem(403, 'Writes are accepted from our own page only')
  }
  next()
}

function isForeign(req: Request): boolean {
  const site = req.get('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  const origin = req.get('origin')
  if (origin === undefined) return false
  // `null` is the origin of sandboxed and redirected pages: nobody's.
  return !URL.canParse(origin) || new URL(origin).host !== req.host
}
