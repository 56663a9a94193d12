/**
 * Who has read what: per person and channel a mark, up to which everything is read, and the exceptions above it. So reading everything is
 * one row, and what is unread can be told without counting it.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Recipient } from '../../shared/schemas.ts'
import type { Person } from '../directory.ts'

/** Call these within a transaction: each is more than one statement. */
export interface ReadStore {
  /** Marks those of these channels that are unread; returns the ids of exactly these. */
  markRead(reader: Person, channels: readonly Recipient[], ids: readonly number[]): number[]
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
      const rows = insert.all({
        reader: reader.id,
        channels: JSON.stringify(channels),
        ids: JSON.stringify(ids),
      })
      for (const channel of new Set(rows.map((row) => String(row['channel'])))) {
        raiseOverExceptions(reader, channel)
      }
      return rows.map((row) => Number(row['id']))
    },
    markAllRead(reader, channels, upTo = Number.MAX_SAFE_INTEGER) {
      const end = Math.min(upTo, newestId())
      const raised = raise.all({ reader: reader.id, channels: JSON.stringify(channels), upTo: end })
      for (const row of raised) {
        const channel = String(row['channel'])
        forget.run({ reader: reader.id, channel })
        raiseOverExceptions(reader, channel)
      }
      return raised.length > 0 && end > 0 ? end : undefined
    },
  }
}
