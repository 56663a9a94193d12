/** Which notification was sent under which key, so that a repeat is not a second one. */
import type { DatabaseSync } from 'node:sqlite'
import type { Person } from '../directory.ts'

export interface SendStore {
  /** The id of what this person has sent under this key within the last day. */
  find(sender: Person, key: string): number | undefined
  add(sender: Person, key: string, notification: number): void
}

const day = 24 * 60 * 60 * 1000

export function createSendStore(database: DatabaseSync, now: () => number = Date.now): SendStore {
  const one = database.prepare(
    'SELECT notification_id AS id FROM sends WHERE user_id = ? AND key = ? AND sent_at > ?',
  )
  const insert = database.prepare('INSERT OR REPLACE INTO sends VALUES (?, ?, ?, ?)')
  const forget = database.prepare('DELETE FROM sends WHERE sent_at <= ?')

  return {
    find(sender, key) {
      const row = one.get(sender.id, key, now() - day)
      return row && Number(row['id'])
    },
    add(sender, key, notification) {
      forget.run(now() - day)
      insert.run(sender.id, key, notification, now())
    },
  }
}
