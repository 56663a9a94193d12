/** The sessions of signed-in users. A browser holds a key and the database only its hash, so nobody can sign in with a copy of the database. */
import { createHash, randomBytes } from 'node:crypto'
import { all, first, type Work } from '../database/work.ts'
import { findPerson, type Person } from '../directory.ts'

export interface Session {
  /** Not the key: it may be logged and compared. */
  readonly id: string
  readonly person: Person
}

export interface SessionStore {
  /** @returns the key of a new session */
  begin(person: Person): Work<string>
  /** The session that this key opens, unless it has ended. */
  find(key: string): Work<Session | undefined>
  end(session: Session): Work<void>
}

/** Milliseconds that a session lasts. */
export const sessionLasts = 30 * 24 * 60 * 60 * 1000

/** @param now milliseconds since the epoch: sessions outlive the process */
export function createSessionStore(now: () => number = Date.now): SessionStore {
  return {
    *begin(person) {
      yield* all('DELETE FROM sessions WHERE expires_at <= :now', { now: now() })
      const key = randomBytes(32).toString('base64url')
      const session = { id: idOf(key), user: person.id, end: now() + sessionLasts }
      yield* all('INSERT INTO sessions VALUES (:id, :user, :end)', session)
      return key
    },
    *find(key) {
      const id = idOf(key)
      const sql = 'SELECT user_id FROM sessions WHERE id = :id AND expires_at > :now'
      const person = findPerson((yield* first(sql, { id, now: now() }))?.['user_id'])
      return person && { id, person }
    },
    *end({ id }) {
      yield* all('DELETE FROM sessions WHERE id = :id', { id })
    },
  }
}

function idOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
