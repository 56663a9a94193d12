/** Stored notifications, the same for everyone. */
import type { Draft, Notification, Recipient } from '../../shared/schemas.ts'
import { all, first, type Row, type Work } from '../database/work.ts'
import { type Person, people } from '../directory.ts'

export interface NotificationStore {
  add(from: Person, draft: Draft): Work<Notification>
  /** The users who may see it. */
  get(id: number): Work<Notification | undefined>
  /** Who has sent these, by id. */
  sendersOf(ids: readonly number[]): Work<string[]>
  /** Who has sent anything to these channels, by id. */
  sendersTo(channels: readonly Recipient[]): Work<string[]>
}

export function createNotificationStore(now: () => Date = () => new Date()): NotificationStore {
  return {
    *add(from, { to, title, body }) {
      const row = yield* first(
        `INSERT INTO notifications (channel, ordinal, sender, title, body, created_at)
         VALUES (
           :to,
           coalesce((SELECT ordinal FROM notifications WHERE channel = :to ORDER BY id DESC LIMIT 1), 0) + 1,
           :from, :title, :body, :createdAt
         ) RETURNING *`,
        { to, title, body, from: from.id, createdAt: now().toISOString() },
      )
      if (!row) throw new Error('The database returned no row for an insert')
      return toNotification(row)
    },
    *get(id) {
      const row = yield* first('SELECT * FROM notifications WHERE id = :id', { id })
      return row && toNotification(row)
    },
    *sendersOf(ids) {
      const rows = yield* all(
        `SELECT DISTINCT sender FROM notifications
         WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(CAST(:ids AS TEXT)))`,
        { ids: JSON.stringify(ids) },
      )
      return rows.map((row) => String(row['sender']))
    },
    *sendersTo(channels) {
      // For each person one look at the index: what a channel holds is not gone through.
      const rows = yield* all(
        `SELECT p.value AS sender FROM json_each(CAST(:people AS TEXT)) p
         WHERE EXISTS (
           SELECT 1 FROM notifications
           WHERE sender = p.value AND channel IN (SELECT value FROM json_each(CAST(:channels AS TEXT))))`,
        { people: JSON.stringify(people.map(({ id }) => id)), channels: JSON.stringify(channels) },
      )
      return rows.map((row) => String(row['sender']))
    },
  }
}

export function toNotification(row: Row): Notification {
  return {
    id: Number(row['id']),
    to: String(row['channel']) as Recipient,
    from: String(row['sender']),
    title: String(row['title']),
    body: String(row['body']),
    createdAt: String(row['created_at']),
  }
}
