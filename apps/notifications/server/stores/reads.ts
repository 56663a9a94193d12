/**
 * Who has read what: per person and channel a mark, up to which everything is read, and the exceptions on both sides of it. So reading
 * everything is one row, and what is unread can be told without counting it.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Notification, Recipient } from '../../shared/schemas.ts'
import type { Person } from '../directory.ts'
import type { Row } from './notifications.ts'

/** Call these within a transaction: each is more than one statement. */
export interface ReadStore {
  /** Marks those of these channels that are unread; returns the ids of exactly these. */
  markRead(reader: Person, channels: readonly Recipient[], ids: readonly number[]): number[]
  /** Marks those of these channels that are read, and in the inbox, as unread; returns the ids of exactly these. */
  markUnread(reader: Person, channels: readonly Recipient[], ids: readonly number[]): number[]
  /** Which of these people have read a notification. */
  readersOf(notification: Notification, people: readonly string[]): string[]
  /**
   * Marks everything in these channels up to this id, at most what there is by now: what comes later is unread. Returns up to where,
   * undefined when all of it was read already.
   */
  markAllRead(reader: Person, channels: readonly Recipient[], upTo?: number): number | undefined
}

export function createReadStore(database: DatabaseSync): ReadStore {
  const insert = database.prepare(
    `INSERT INTO reads
     SELECT :reader, n.channel, n.id
     FROM notifications n LEFT JOIN marks m ON m.user_id = :reader AND m.channel = n.channel
     WHERE n.id IN (SELECT value FROM json_each(:ids)) AND n.channel IN (SELECT value FROM json_each(:channels))
       AND n.id > coalesce(m.up_to, 0)
     ON CONFLICT DO NOTHING RETURNING notification_id AS id, channel`,
  )
  const newest = database.prepare('SELECT coalesce(max(id), 0) AS id FROM notifications')
  const raise = database.prepare(
    `INSERT INTO marks SELECT :reader, value, :upTo FROM json_each(:channels) WHERE true
     ON CONFLICT DO UPDATE SET up_to = excluded.up_to WHERE excluded.up_to > up_to RETURNING channel`,
  )
  const firstUnread = database.prepare(
    `SELECT i.id FROM notifications i
     WHERE i.channel = :channel
       AND i.id > coalesce((SELECT up_to FROM marks WHERE user_id = :reader AND channel = :channel), 0)
       AND NOT EXISTS (
         SELECT 1 FROM reads r WHERE r.user_id = :reader AND r.channel = :channel AND r.notification_id = i.id)
     ORDER BY i.id LIMIT 1`,
  )
  const forget = database.prepare(
    `DELETE FROM reads WHERE user_id = :reader AND channel = :channel
       AND notification_id <= (SELECT up_to FROM marks WHERE user_id = :reader AND channel = :channel)`,
  )
  /** What was marked as unread. */
  const readAgain = database.prepare(
    `DELETE FROM unreads WHERE user_id = :reader AND notification_id IN (SELECT value FROM json_each(:ids))
       AND channel IN (SELECT value FROM json_each(:channels)) RETURNING notification_id AS id, channel`,
  )
  const readAllAgain = database.prepare(
    `DELETE FROM unreads WHERE user_id = :reader AND notification_id <= :upTo
       AND channel IN (SELECT value FROM json_each(:channels)) RETURNING notification_id AS id`,
  )
  const isInInbox = (id: string) =>
    `NOT EXISTS (SELECT 1 FROM places p WHERE p.user_id = :reader AND p.notification_id = ${id})`
  const unreadAbove = database.prepare(
    `DELETE FROM reads WHERE user_id = :reader AND notification_id IN (SELECT value FROM json_each(:ids))
       AND channel IN (SELECT value FROM json_each(:channels)) AND ${isInInbox('reads.notification_id')}
     RETURNING notification_id AS id`,
  )
  const unreadBelow = database.prepare(
    `INSERT INTO unreads
     SELECT :reader, n.channel, n.id
     FROM notifications n JOIN marks m ON m.user_id = :reader AND m.channel = n.channel
     WHERE n.id IN (SELECT value FROM json_each(:ids)) AND n.channel IN (SELECT value FROM json_each(:channels))
       AND n.id <= m.up_to AND ${isInInbox('n.id')}
     ON CONFLICT DO NOTHING RETURNING notification_id AS id`,
  )
  const readers = database.prepare(
    `SELECT c.value AS reader
     FROM json_each(:people) c LEFT JOIN marks m ON m.user_id = c.value AND m.channel = :channel
     WHERE CASE WHEN :id <= coalesce(m.up_to, 0)
       THEN NOT EXISTS (SELECT 1 FROM unreads WHERE user_id = c.value AND channel = :channel AND notification_id = :id)
       ELSE EXISTS (SELECT 1 FROM reads WHERE user_id = c.value AND channel = :channel AND notification_id = :id) END`,
  )
  const newestId = () => Number(newest.get()?.['id'])

  /** What was read one by one up to the first that is unread becomes part of the mark: exceptions do not pile up. */
  function raiseOverExceptions(reader: Person, channel: string): void {
    const unread = firstUnread.get({ reader: reader.id, channel })
    const upTo = unread ? Number(unread['id']) - 1 : newestId()
    raise.all({ reader: reader.id, channels: JSON.stringify([channel]), upTo })
    forget.run({ reader: reader.id, channel })
  }

  return {
    markRead(reader, channels, ids) {
      const which = whichOf(reader, channels, ids)
      const rows = insert.all(which)
      for (const channel of new Set(rows.map((row) => String(row['channel'])))) {
        raiseOverExceptions(reader, channel)
      }
      return [...rows, ...readAgain.all(which)].map(idOf)
    },
    markUnread(reader, channels, ids) {
      const which = whichOf(reader, channels, ids)
      return [...unreadAbove.all(which), ...unreadBelow.all(which)].map(idOf)
    },
    readersOf: ({ id, to }, people) =>
      readers.all({ id, channel: to, people: JSON.stringify(people) }).map((row) => String(row['reader'])),
    markAllRead(reader, channels, upTo = Number.MAX_SAFE_INTEGER) {
      const end = Math.min(upTo, newestId())
      const raised = raise.all({ reader: reader.id, channels: JSON.stringify(channels), upTo: end })
      for (const row of raised) {
        const channel = String(row['channel'])
        forget.run({ reader: reader.id, channel })
        raiseOverExceptions(reader, channel)
      }
      const again = readAllAgain.all({ reader: reader.id, channels: JSON.stringify(channels), upTo: end })
      return raised.length + again.length > 0 && end > 0 ? end : undefined
    },
  }
}

const idOf = (row: Row) => Number(row['id'])

const whichOf = (reader: Person, channels: readonly Recipient[], ids: readonly number[]) => ({
  reader: reader.id,
  channels: JSON.stringify(channels),
  ids: JSON.stringify(ids),
})
