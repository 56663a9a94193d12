/**
 * Who has read what: per person and channel a mark, up to which everything is read, and the exceptions on both sides of it. So reading
 * everything is one row, and what is unread can be told without counting it.
 */
import type { Notification, Recipient } from '../../shared/schemas.ts'
import { all, first, type Row, type Work } from '../database/work.ts'
import type { Person } from '../directory.ts'

/** Do these within a change: each is more than one statement. */
export interface ReadStore {
  /** Marks those of these channels that are unread; returns the ids of exactly these. */
  markRead(reader: Person, channels: readonly Recipient[], ids: readonly number[]): Work<number[]>
  /** Marks those of these channels that are read, and in the inbox, as unread; returns the ids of exactly these. */
  markUnread(reader: Person, channels: readonly Recipient[], ids: readonly number[]): Work<number[]>
  /** Which of these people have read a notification. */
  readersOf(notification: Notification, people: readonly string[]): Work<string[]>
  /**
   * Marks everything in these channels up to this id, at most what there is by now: what comes later is unread. Returns up to where,
   * undefined when all of it was read already.
   */
  markAllRead(reader: Person, channels: readonly Recipient[], upTo?: number): Work<number | undefined>
}

const insert = `
  INSERT INTO reads
  SELECT CAST(:reader AS TEXT), n.channel, n.id
  FROM notifications n LEFT JOIN marks m ON m.user_id = :reader AND m.channel = n.channel
  WHERE n.id IN (SELECT CAST(value AS BIGINT) FROM json_each(CAST(:ids AS TEXT)))
    AND n.channel IN (SELECT value FROM json_each(CAST(:channels AS TEXT)))
    AND n.id > coalesce(m.up_to, 0)
  ON CONFLICT DO NOTHING RETURNING notification_id AS id, channel`
const newest = 'SELECT coalesce(max(id), 0) AS id FROM notifications'
const raise = `
  INSERT INTO marks
  SELECT CAST(:reader AS TEXT), value, CAST(:upTo AS BIGINT) FROM json_each(CAST(:channels AS TEXT)) WHERE true
  ON CONFLICT (user_id, channel) DO UPDATE SET up_to = excluded.up_to WHERE excluded.up_to > marks.up_to RETURNING channel`
const firstUnread = `
  SELECT i.id FROM notifications i
  WHERE i.channel = :channel
    AND i.id > coalesce((SELECT up_to FROM marks WHERE user_id = :reader AND channel = :channel), 0)
    AND NOT EXISTS (
      SELECT 1 FROM reads r WHERE r.user_id = :reader AND r.channel = :channel AND r.notification_id = i.id)
  ORDER BY i.id LIMIT 1`
const forget = `
  DELETE FROM reads WHERE user_id = :reader AND channel = :channel
    AND notification_id <= (SELECT up_to FROM marks WHERE user_id = :reader AND channel = :channel)`

const isMeant = (id: string, channel: string) => `
  ${id} IN (SELECT CAST(value AS BIGINT) FROM json_each(CAST(:ids AS TEXT)))
  AND ${channel} IN (SELECT value FROM json_each(CAST(:channels AS TEXT)))`
const isInInbox = (id: string) =>
  `NOT EXISTS (SELECT 1 FROM places p WHERE p.user_id = :reader AND p.notification_id = ${id})`
/** What was marked as unread. */
const readAgain = `
  DELETE FROM unreads WHERE user_id = :reader AND ${isMeant('notification_id', 'channel')}
  RETURNING notification_id AS id`
const readAllAgain = `
  DELETE FROM unreads WHERE user_id = :reader AND notification_id <= :upTo
    AND channel IN (SELECT value FROM json_each(CAST(:channels AS TEXT))) RETURNING notification_id AS id`
const unreadAbove = `
  DELETE FROM reads WHERE user_id = :reader AND ${isMeant('notification_id', 'channel')}
    AND ${isInInbox('reads.notification_id')} RETURNING notification_id AS id`
const unreadBelow = `
  INSERT INTO unreads
  SELECT CAST(:reader AS TEXT), n.channel, n.id
  FROM notifications n JOIN marks m ON m.user_id = :reader AND m.channel = n.channel
  WHERE ${isMeant('n.id', 'n.channel')} AND n.id <= m.up_to AND ${isInInbox('n.id')}
  ON CONFLICT DO NOTHING RETURNING notification_id AS id`
const readers = `
  SELECT c.value AS reader
  FROM json_each(CAST(:people AS TEXT)) c LEFT JOIN marks m ON m.user_id = c.value AND m.channel = :channel
  WHERE CASE WHEN :id <= coalesce(m.up_to, 0)
    THEN NOT EXISTS (SELECT 1 FROM unreads WHERE user_id = c.value AND channel = :channel AND notification_id = :id)
    ELSE EXISTS (SELECT 1 FROM reads WHERE user_id = c.value AND channel = :channel AND notification_id = :id) END`

export function createReadStore(): ReadStore {
  function* newestId(): Work<number> {
    return Number((yield* first(newest))?.['id'])
  }

  function* raiseTo(reader: Person, channels: readonly string[], upTo: number): Work<string[]> {
    const rows = yield* all(raise, { reader: reader.id, channels: JSON.stringify(channels), upTo })
    return rows.map((row) => String(row['channel']))
  }

  /** What was read one by one up to the first that is unread becomes part of the mark: exceptions do not pile up. */
  function* raiseOverExceptions(reader: Person, channel: string): Work<void> {
    const unread = yield* first(firstUnread, { reader: reader.id, channel })
    const upTo = unread ? Number(unread['id']) - 1 : yield* newestId()
    yield* raiseTo(reader, [channel], upTo)
    yield* all(forget, { reader: reader.id, channel })
  }

  return {
    *markRead(reader, channels, ids) {
      const which = whichOf(reader, channels, ids)
      const rows = yield* all(insert, which)
      for (const channel of new Set(rows.map((row) => String(row['channel'])))) {
        yield* raiseOverExceptions(reader, channel)
      }
      return [...rows, ...(yield* all(readAgain, which))].map(idOf)
    },
    *markUnread(reader, channels, ids) {
      const which = whichOf(reader, channels, ids)
      return [...(yield* all(unreadAbove, which)), ...(yield* all(unreadBelow, which))].map(idOf)
    },
    *readersOf({ id, to }, people) {
      const rows = yield* all(readers, { id, channel: to, people: JSON.stringify(people) })
      return rows.map((row) => String(row['reader']))
    },
    *markAllRead(reader, channels, upTo = Number.MAX_SAFE_INTEGER) {
      const end = Math.min(upTo, yield* newestId())
      const raised = yield* raiseTo(reader, channels, end)
      for (const channel of raised) {
        yield* all(forget, { reader: reader.id, channel })
        yield* raiseOverExceptions(reader, channel)
      }
      const params = { reader: reader.id, channels: JSON.stringify(channels), upTo: end }
      const again = yield* all(readAllAgain, params)
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
