/** Who is signed in: the user's id in a signed cookie, and an id of the session itself. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import cookieSession from 'cookie-session'
import type { Request, RequestHandler } from 'express'
import { findPerson, type Person } from './directory.ts'
import { Problem } from './problem.ts'

const thirtyDays = 30 * 24 * 60 * 60 * 1000

export function session(secret: string): RequestHandler {
  return cookieSession({
    name: 'session',
    keys: [secret],
    maxAge: thirtyDays,
    httpOnly: true,
    sameSite: 'lax',
  })
}

/** A secret made at the first start and kept beside the data, so that a restart signs nobody out. */
export function storedSecret(database: DatabaseSync): string {
  const fresh = randomBytes(32).toString('base64url')
  database.prepare(`INSERT INTO secrets VALUES ('session', ?) ON CONFLICT DO NOTHING`).run(fresh)
  const row = database.prepare(`SELECT value FROM secrets WHERE name = 'session'`).get()
  return String(row?.['value'])
}

export function beginSession(req: Request, person: Person): void {
  req.session = { user: person.id, id: randomUUID() }
}

/** One browser's session; undefined when nobody is signed in, or since before sessions had ids. */
export function sessionIdOf(req: Request): string | undefined {
  const id: unknown = req.session?.['id']
  return typeof id === 'string' ? id : undefined
}

export function signedIn(req: Request): Person | undefined {
  return findPerson(req.session?.['user'])
}

/** @throws Problem 401 when nobody is signed in. */
export function requireUser(req: Request): Person {
  const person = signedIn(req)
  if (!person) throw new Problem(401, 'Sign in first: POST /api/session')
  return person
}

/** @throws Problem 401 when nobody is signed in, 403 when it is not the operator. */
export function requireOperator(req: Request): Person {
  const person = requireUser(req)
  if (!person.admin) throw new Problem(403, 'This is for the operator only')
  return person
}
