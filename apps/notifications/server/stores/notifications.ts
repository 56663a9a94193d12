/** Stored notifications, the same for everyone. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Draft, Notification, Recipient } from '../../shared/schemas.ts'
import type { Person } from '../directory.ts'

export interface NotificationStore {
  add(from: Person, draft: Draft): Notification
  /** The users who may see it. */
  get(id: number): Notification | undefined
}

export function createNotificationStore(
  database: DatabaseSync,
  now: () => Date = () => new Date(),
): NotificationStore {
  const insert = database.prepare(
    `INSERT INTO notifications (channel, ordinal, sender, title, body, created_at)
     VALUES (
       :to,
       coalesce((SELECT ordinal FROM notifications WHERE channel = :to ORDER BY id DESC LIMIT 1), 0) + 1,
       :from, :title, :body, :createdAt
     ) RETURNING *`,
  )
  const one = database.prepare('SELECT * FROM notifications WHERE id = ?')

  return {
    add(from, draft) {
      const row = insert.get({ ...draft, from: from.id, createdAt: now().toISOString() })
      if (!row) throw new Error('SQLite returned no row for an insert')
      return toNotification(row)
    },
    get(id) {
      const row = one.get(id)
      return row && toNotification(row)
    },
  }
}

export type Row = Record<string, SQLOutputValue>

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
