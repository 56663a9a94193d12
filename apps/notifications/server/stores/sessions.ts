/** The sessions of signed-in users. A browser holds a key and the database only its hash, so nobody can sign in with a copy of the database. */
import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { findPerson, type Person } from '../directory.ts'

export interface Session {
  /** Not the key: it may be logged and compared. */
  readonly id: string
  readonly person: Person
}

export interface SessionStore {
  /** @returns the key of a new session */
  begin(person: Person): string
  /** The session that this key opens, unless it has ended. */
  find(key: string): Session | undefined
  end(session: Session): void
}

/** Milliseconds that a session lasts. */
export const sessionLasts = 30 * 24 * 60 * 60 * 1000

/** @param now milliseconds since the epoch: sessions outlive the process */
export function createSessionStore(database: DatabaseSync, now: () => number = Date.now): SessionStore {
  const insert = database.prepare('INSERT INTO sessions VALUES (?, ?, ?)')
  const select = database.prepare('SELECT user_id FROM sessions WHERE id = ? AND expires_at > ?')
  const remove = database.prepare('DELETE FROM sessions WHERE id = ?')
  const removeExpired = database.prepare('DELETE FROM sessions WHERE expires_at <= ?')

  return {
    begin(person) {
      removeExpired.run(now())
      const key = randomBytes(32).toString('base64url')
      insert.run(idOf(key), person.id, now() + sessionLasts)
      return key
    },
    find(key) {
      const id = idOf(key)
      const person = findPerson(select.get(id, now())?.['user_id'])
      return person && { id, person }
    },
    end({ id }) {
      remove.run(id)
    },
  }
}

function idOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
