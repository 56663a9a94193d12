/** Which notification was sent under which key, so that a repeat is not a second one. */
import { all, first, type Work } from '../database/work.ts'
import type { Person } from '../directory.ts'

export interface SendStore {
  /** The id of what this person has sent under this key within the last day. */
  find(sender: Person, key: string): Work<number | undefined>
  add(sender: Person, key: string, notification: number): Work<void>
}

const day = 24 * 60 * 60 * 1000

export function createSendStore(now: () => number = Date.now): SendStore {
  return {
    *find(sender, key) {
      const row = yield* first(
        'SELECT notification_id AS id FROM sends WHERE user_id = :sender AND key = :key AND sent_at > :since',
        { sender: sender.id, key, since: now() - day },
      )
      return row && Number(row['id'])
    },
    *add(sender, key, notification) {
      yield* all('DELETE FROM sends WHERE sent_at <= :since', { since: now() - day })
      yield* all(
        `INSERT INTO sends VALUES (:sender, :key, :notification, :now)
         ON CONFLICT (user_id, key) DO UPDATE SET notification_id = excluded.notification_id, sent_at = excluded.sent_at`,
        { sender: sender.id, key, notification, now: now() },
      )
    },
  }
}
