/** Notifications as one user sees them: the lists page by page, and how many are unread. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { InboxItem, Place, Recipient } from '../../shared/schemas.ts'
import type { Person } from '../directory.ts'
import { type Row, toNotification } from './notifications.ts'

export interface Inbox {
  /** The newest of these channels in the inbox, newest first. */
  page(reader: Person, query: PageQuery): Page
  /** What this person has archived. */
  archived(reader: Person, query: PageQuery): Page
  /** What this person has sent, deleted or not. The channels say which of these they also receive. */
  sent(reader: Person, query: PageQuery): Page
  /** What holds every word of a text in its title or body, in the inbox and in the archive. */
  search(reader: Person, text: string, query: PageQuery): Page
  /** How many of these channels this person has not read. Costs the same for ten and for a hundred thousand. */
  unread(reader: Person, channels: readonly Recipient[]): number
  /** One notification, if it is in one of these channels or from this person, and not deleted. */
  find(reader: Person, channels: readonly Recipient[], id: number): InboxItem | undefined
}

export interface PageQuery {
  readonly channels: readonly Recipient[]
  readonly limit: number
  /** Only those with a smaller id. */
  readonly before?: number | undefined
  /** Only those that this person has not read. */
  readonly unread?: boolean
}

/** Notifications, newest first. `next` is the `before` of the page after it, null when there is none. */
export interface Page {
  readonly notifications: InboxItem[]
  readonly next: number | null
}

const isRead = `(CASE WHEN n.id <= coalesce(m.up_to, 0)
  THEN NOT EXISTS (SELECT 1 FROM unreads r WHERE r.user_id = :reader AND r.channel = n.channel AND r.notification_id = n.id)
  ELSE EXISTS (SELECT 1 FROM reads r WHERE r.user_id = :reader AND r.channel = n.channel AND r.notification_id = n.id) END)`

const placeOf = (id: string) =>
  `(SELECT place FROM places p WHERE p.user_id = :reader AND p.notification_id = ${id})`

/** What is not for this person, and only from them, counts as read. */
const item = `n.*, ${isRead} OR n.channel NOT IN (SELECT value FROM json_each(:channels)) AS read, ${placeOf('n.id')} AS place
  FROM notifications n LEFT JOIN marks m ON m.user_id = :reader AND m.channel = n.channel`

/** The newest of every channel are found by the index, so many as a page takes; only these are put in order. */
const page = (ids: string) => `
  SELECT n.*, ${isRead} AS read, NULL AS place
  FROM json_each(:channels) c
  LEFT JOIN marks m ON m.user_id = :reader AND m.channel = c.value
  JOIN notifications n ON n.id IN (${ids})
  ORDER BY n.id DESC LIMIT :limit`

const newest = (only: string) => `
  SELECT i.id FROM notifications i
  WHERE i.channel = c.value AND i.id < :before AND ${placeOf('i.id')} IS NULL ${only}
  ORDER BY i.id DESC LIMIT :limit`

/** The SQL of this file by name, for the test that looks at its query plans. */
export const inboxQueries = {
  all: page(newest('')),
  unread: page(`
    SELECT id FROM (${newest(`AND i.id > coalesce(m.up_to, 0) AND NOT EXISTS (
      SELECT 1 FROM reads r WHERE r.user_id = :reader AND r.channel = i.channel AND r.notification_id = i.id)`)})
    UNION ALL
    SELECT id FROM (
      SELECT r.notification_id AS id FROM unreads r
      WHERE r.user_id = :reader AND r.channel = c.value AND r.notification_id < :before
      ORDER BY r.notification_id DESC LIMIT :limit)`),
  archived: `
    SELECT n.*, ${isRead} AS read, p.place
    FROM places p CROSS JOIN notifications n ON n.id = p.notification_id
    LEFT JOIN marks m ON m.user_id = :reader AND m.channel = n.channel
    WHERE p.user_id = :reader AND p.place = 'archived' AND p.notification_id < :before
      AND n.channel IN (SELECT value FROM json_each(:channels))
    ORDER BY p.notification_id DESC LIMIT :limit`,
  sent: `SELECT ${item} WHERE n.sender = :reader AND n.id < :before ORDER BY n.id DESC LIMIT :limit`,
  /** Ordinals number a channel without holes, so nothing has to be counted but what was read out of turn. */
  count: `
    SELECT coalesce(sum(
      coalesce((SELECT ordinal FROM notifications WHERE channel = c.value ORDER BY id DESC LIMIT 1), 0)
      - coalesce((SELECT ordinal FROM notifications WHERE channel = c.value AND id <= m.up_to ORDER BY id DESC LIMIT 1), 0)
      - (SELECT count(*) FROM reads WHERE user_id = :reader AND channel = c.value)
      + (SELECT count(*) FROM unreads WHERE user_id = :reader AND channel = c.value)
    ), 0) AS unread
    FROM json_each(:channels) c LEFT JOIN marks m ON m.user_id = :reader AND m.channel = c.value`,
  one: `SELECT ${item} WHERE n.id = :id
    AND (n.sender = :reader OR n.channel IN (SELECT value FROM json_each(:channels)) AND coalesce(place, '') <> 'deleted')`,
}

const isFound = `n.channel IN (SELECT value FROM json_each(:channels)) AND n.id < :before AND coalesce(place, '') <> 'deleted'
  AND NOT EXISTS (SELECT 1 FROM json_each(:parts) WHERE instr(lower(n.text), value) = 0) ORDER BY n.id DESC LIMIT :limit`

/** Words of three letters or more are looked up; for shorter ones alone every notification is looked at, the newest first. */
const searchQueries = {
  words: `SELECT ${item} JOIN notifications_text t ON t.rowid = n.id
    WHERE notifications_text MATCH :words AND ${isFound.replaceAll('n.id', 't.rowid')}`,
  parts: `SELECT ${item} WHERE ${isFound}`,
}

export function createInbox(database: DatabaseSync): Inbox {
  const all = database.prepare(inboxQueries.all)
  const unread = database.prepare(inboxQueries.unread)
  const count = database.prepare(inboxQueries.count)
  const one = database.prepare(inboxQueries.one)
  const archived = database.prepare(inboxQueries.archived)
  const sent = database.prepare(inboxQueries.sent)
  const byWords = database.prepare(searchQueries.words)
  const byParts = database.prepare(searchQueries.parts)

  function pageOf(
    statement: StatementSync,
    reader: Person,
    { channels, limit, before = Number.MAX_SAFE_INTEGER }: PageQuery,
    more: Record<string, string> = {},
  ): Page {
    // One more than is shown tells whether there is another page.
    const rows = statement.all({ ...view(reader, channels), before, limit: limit + 1, ...more })
    const notifications = rows.slice(0, limit).map(toInboxItem)
    return { notifications, next: rows.length > limit ? notifications.at(-1)!.id : null }
  }

  return {
    page: (reader, query) => pageOf(query.unread ? unread : all, reader, query),
    archived: (reader, query) => pageOf(archived, reader, query),
    sent: (reader, query) => pageOf(sent, reader, query),
    search(reader, text, query) {
      const all = text.toLowerCase().split(/\s+/).filter(Boolean)
      const words = all.filter((word) => [...word].length >= 3)
      const parts = JSON.stringify(all.filter((word) => [...word].length < 3))
      if (words.length === 0) return pageOf(byParts, reader, query, { parts })
      // In quotes nothing is a word of the query language.
      const quoted = words.map((word) => `"${word.replaceAll('"', '""')}"`).join(' ')
      return pageOf(byWords, reader, query, { parts, words: quoted })
    },
    unread: (reader, channels) => Number(count.get(view(reader, channels))?.['unread']),
    find(reader, channels, id) {
      const row = one.get({ ...view(reader, channels), id })
      return row && toInboxItem(row)
    },
  }
}

const view = (reader: Person, channels: readonly Recipient[]) => ({
  reader: reader.id,
  channels: JSON.stringify(channels),
})

function toInboxItem(row: Row): InboxItem {
  return { ...toNotification(row), read: row['read'] === 1, place: (row['place'] ?? 'inbox') as Place }
}
