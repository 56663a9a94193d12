/** Stored notifications, and who has read which. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Draft, InboxItem, Notification, Recipient } from '../shared/schemas.ts'
import { channelsOf, type Person } from './directory.ts'

export interface NotificationStore {
  add(from: Person, draft: Draft): Notification
  /** The newest notifications this person sees, newest first, at most {@link listLimit}. */
  list(reader: Person): InboxItem[]
  /** One notification, if this person may see it. */
  find(reader: Person, id: number): InboxItem | undefined
  /** Marks those that this person sees and has not read; returns the ids of exactly these. */
  markRead(reader: Person, ids: readonly number[]): number[]
}

/** The inbox shows this many. */
export const listLimit = 200

const inbox = `
  SELECT n.*, r.read_at IS NOT NULL AS read
  FROM notifications n LEFT JOIN reads r ON r.notification_id = n.id AND r.user_id = :reader
  WHERE n.channel IN (SELECT value FROM json_each(:channels))`

export function createNotificationStore(
  database: DatabaseSync,
  now: () => Date = () => new Date(),
): NotificationStore {
  const insert = database.prepare(
    `INSERT INTO notifications (channel, sender, title, body, created_at)
     VALUES (:to, :from, :title, :body, :createdAt) RETURNING *`,
  )
  const newest = database.prepare(`${inbox} ORDER BY n.id DESC LIMIT ${listLimit}`)
  const one = database.prepare(`${inbox} AND n.id = :id`)
  const read = database.prepare(
    `INSERT INTO reads (user_id, notification_id, read_at)
     SELECT :reader, id, :readAt FROM notifications
     WHERE id IN (SELECT value FROM json_each(:ids)) AND channel IN (SELECT value FROM json_each(:channels))
     ON CONFLICT DO NOTHING RETURNING notification_id AS id`,
  )
  const view = (reader: Person) => ({ reader: reader.id, channels: JSON.stringify(channelsOf(reader)) })

  return {
    add(from, draft) {
      const row = insert.get({ ...draft, from: from.id, createdAt: now().toISOString() })
      if (!row) throw new Error('SQLite returned no row for an insert')
      return toNotification(row)
    },
    list(reader) {
      return newest.all(view(reader)).map(toInboxItem)
    },
    find(reader, id) {
      const row = one.get({ ...view(reader), id })
      return row && toInboxItem(row)
    },
    markRead(reader, ids) {
      const rows = read.all({ ...view(reader), ids: JSON.stringify(ids), readAt: now().toISOString() })
      return rows.map((row) => Number(row['id']))
    },
  }
}

type Row = Record<string, SQLOutputValue>

function toNotification(row: Row): Notification {
  return {
    id: Number(row['id']),
    to: String(row['channel']) as Recipient,
    from: String(row['sender']),
    title: String(row['title']),
    body: String(row['body']),
    createdAt: String(row['created_at']),
  }
}

function toInboxItem(row: Row): InboxItem {
  return { ...toNotification(row), read: row['read'] === 1 }
}
