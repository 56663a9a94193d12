/** Stored notifications, the same for everyone. */
import type { Draft, Notification, Recipient } from '../../shared/schemas.ts'
import { first, type Row, type Work } from '../database/work.ts'
import type { Person } from '../directory.ts'

export interface NotificationStore {
  add(from: Person, draft: Draft): Work<Notification>
  /** The users who may see it. */
  get(id: number): Work<Notification | undefined>
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
