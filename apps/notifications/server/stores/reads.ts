/**
 * Who has read what: per person and channel a mark, up to which everything is read, and the exceptions above it. So reading everything is
 * one row, and what is unread can be told without counting it.
 */
import type { Recipient } from '../../shared/schemas.ts'
import { all, first, type Work } from '../database/work.ts'
import type { Person } from '../directory.ts'

/** Do these within a change: each is more than one statement. */
export interface ReadStore {
  /** Marks those of these channels that are unread; returns the ids of exactly these. */
  markRead(reader: Person, channels: readonly Recipient[], ids: readonly number[]): Work<number[]>
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
      const rows = yield* all(insert, {
        reader: reader.id,
        channels: JSON.stringify(channels),
        ids: JSON.stringify(ids),
      })
      for (const channel of new Set(rows.map((row) => String(row['channel'])))) {
        yield* raiseOverExceptions(reader, channel)
      }
      return rows.map((row) => Number(row['id']))
    },
    *markAllRead(reader, channels, upTo = Number.MAX_SAFE_INTEGER) {
      const end = Math.min(upTo, yield* newestId())
      const raised = yield* raiseTo(reader, channels, end)
      for (const channel of raised) {
        yield* all(forget, { reader: reader.id, channel })
        yield* raiseOverExceptions(reader, channel)
      }
      return raised.length > 0 && end > 0 ? end : undefined
    },
  }
}
