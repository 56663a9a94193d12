import { Problem } from '@sse/kit'
import type { Request, RequestHandler } from 'express'
import { ipKeyGenerator, rateLimit } from 'express-rate-limit'
import { sessionOf, signedIn } from './session.ts'

const minute = 60_000

/** Writes of one user in a minute, from all their sessions; of those who are not signed in, by address. Reading is free. */
export function limitWrites(perMinute: number): RequestHandler {
  return limit(perMinute, (req) => signedIn(req)?.id ?? addressOf(req))
}

/** Faults of the line in a minute, by session. */
export function limitFaults(perMinute: number): RequestHandler {
  return limit(perMinute, (req) => sessionOf(req)?.id ?? addressOf(req))
}

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A user who is over the limit gets a 429, with the time to wait in `Retry-After`. */
function limit(perMinute: number, key: (req: Request) => string): RequestHandler {
  return rateLimit({
    windowMs: minute,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skip: (req) => reading.has(req.method),
    keyGenerator: key,
    // TRUST_PROXY says which proxies are in front of us.
    validate: { xForwardedForHeader: false, forwardedHeader: false },
    handler: (_req, _res, next) =>
      next(new Problem(429, `At most ${perMinute} a minute: wait a little, then try again`)),
  })
}

/** Of an IPv6 address the network counts: one customer has billions of addresses. */
function addressOf(req: Request): string {
  return `address ${ipKeyGenerator(req.ip ?? '')}`
}
