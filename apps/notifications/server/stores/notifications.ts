/** Stored notifications, the same for everyone. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Draft, Notification, Recipient } from '../../shared/schemas.ts'
import { type Person, people } from '../directory.ts'

export interface NotificationStore {
  add(from: Person, draft: Draft): Notification
  /** The users who may see it. */
  get(id: number): Notification | undefined
  /** Who has sent these, by id. */
  sendersOf(ids: readonly number[]): string[]
  /** Who has sent anything to these channels, by id. */
  sendersTo(channels: readonly Recipient[]): string[]
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
  const senders = database.prepare(
    'SELECT DISTINCT sender FROM notifications WHERE id IN (SELECT value FROM json_each(?))',
  )
  // For each person one look at the index: what a channel holds is not gone through.
  const sendersTo = database.prepare(
    `SELECT p.value AS sender FROM json_each(:people) p
     WHERE EXISTS (SELECT 1 FROM notifications WHERE sender = p.value AND channel IN (SELECT value FROM json_each(:channels)))`,
  )

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
    sendersOf: (ids) => senders.all(JSON.stringify(ids)).map((row) => String(row['sender'])),
    sendersTo: (channels) =>
      sendersTo
        .all({ people: JSON.stringify(people.map(({ id }) => id)), channels: JSON.stringify(channels) })
        .map((row) => String(row['sender'])),
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
