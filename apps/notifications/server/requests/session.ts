/** The session that the cookie of a request names. */

import { Problem } from '@sse/kit'
import { parseCookie } from 'cookie'
import type { CookieOptions, Request, RequestHandler, Response } from 'express'
import type { Run } from '../database/work.ts'
import type { Person } from '../directory.ts'
import { type Session, type SessionStore, sessionLasts } from '../stores/sessions.ts'

const cookie = 'session'

const present = new WeakMap<Request, Session>()

/** Looks up the session once for each request. So a cookie that somebody kept is worth nothing once its session has ended. */
export function session(sessions: SessionStore, run: Run): RequestHandler {
  return async (req, _res, next) => {
    const key = parseCookie(req.get('cookie') ?? '')[cookie]
    const found = key === undefined ? undefined : await run(sessions.find(key))
    if (found) present.set(req, found)
    next()
  }
}

/** Signs this browser in. A session that it had before is the caller's to end. */
export function setSessionCookie(req: Request, res: Response, key: string): void {
  res.cookie(cookie, key, { ...cookieOptions(req), maxAge: sessionLasts })
}

export function clearSessionCookie(req: Request, res: Response): void {
  res.clearCookie(cookie, cookieOptions(req))
}

/** Behind a proxy that speaks TLS, `X-Forwarded-Proto` says so; it is believed as far as TRUST_PROXY says. */
function cookieOptions({ secure }: Request): CookieOptions {
  return { httpOnly: true, sameSite: 'lax', secure }
}

export function sessionOf(req: Request): Session | undefined {
  return present.get(req)
}

export function signedIn(req: Request): Person | undefined {
  return sessionOf(req)?.person
}

/** @throws Problem 401 when nobody is signed in. */
export function requireSession(req: Request): Session {
  const session = sessionOf(req)
  if (!session) throw new Problem(401, 'Sign in first: POST /api/session')
  return session
}

/** @throws Problem 401 when nobody is signed in. */
export function requireUser(req: Request): Person {
  return requireSession(req).person
}

/** @throws Problem 401 when nobody is signed in, 403 when it is not the operator. */
export function requireOperator(req: Request): Person {
  const person = requireUser(req)
  if (!person.admin) throw new Problem(403, 'This is for the operator only')
  return person
}
