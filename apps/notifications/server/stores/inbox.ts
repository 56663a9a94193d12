/** Notifications as one user sees them: the lists page by page, and how many are unread. */
import type { InboxItem, Place, Recipient } from '../../shared/schemas.ts'
import { all, first, type Row, type Work } from '../database/work.ts'
import type { Person } from '../directory.ts'
import { toNotification } from './notifications.ts'

export interface Inbox {
  /** The newest of these channels in the inbox, newest first. */
  page(reader: Person, query: PageQuery): Work<Page>
  /** What this person has archived. */
  archived(reader: Person, query: PageQuery): Work<Page>
  /** What this person has sent, deleted or not. The channels say which of these they also receive. */
  sent(reader: Person, query: PageQuery): Work<Page>
  /** What holds every word of a text in its title or body, in the inbox and in the archive. */
  search(reader: Person, text: string, query: PageQuery): Work<Page>
  /** How many of these channels this person has not read. Costs the same for ten and for a hundred thousand. */
  unread(reader: Person, channels: readonly Recipient[]): Work<number>
  /** One notification, if it is in one of these channels and not deleted, or from this person. */
  find(reader: Person, channels: readonly Recipient[], id: number): Work<InboxItem | undefined>
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

const isReceived = 'n.channel IN (SELECT value FROM json_each(CAST(:channels AS TEXT)))'
const isKept = `NOT EXISTS (
  SELECT 1 FROM places p WHERE p.user_id = :reader AND p.notification_id = n.id AND p.place = 'deleted')`

/** What is not for this person, and only from them, counts as read. */
const columns = `n.*, (${isRead} OR NOT ${isReceived}) AS read,
  (SELECT place FROM places p WHERE p.user_id = :reader AND p.notification_id = n.id) AS place`
const item = `${columns} FROM notifications n LEFT JOIN marks m ON m.user_id = :reader AND m.channel = n.channel`

/** The newest of every channel are found by the index, so many as a page takes; only these are put in order. */
const page = (ids: string) => `
  SELECT n.*, ${isRead} AS read, NULL AS place
  FROM json_each(CAST(:channels AS TEXT)) c
  LEFT JOIN marks m ON m.user_id = :reader AND m.channel = c.value
  JOIN notifications n ON n.id IN (${ids})
  ORDER BY n.id DESC LIMIT :limit`

const newest = (only: string) => `
  SELECT i.id FROM notifications i
  WHERE i.channel = c.value AND i.id < :before ${only}
    AND NOT EXISTS (SELECT 1 FROM places p WHERE p.user_id = :reader AND p.notification_id = i.id)
  ORDER BY i.id DESC LIMIT :limit`

/** The SQL of this file by name, for the test that looks at its query plans. */
export const inboxQueries = {
  all: page(newest('')),
  unread: page(`
    SELECT id FROM (${newest(`AND i.id > coalesce(m.up_to, 0) AND NOT EXISTS (
      SELECT 1 FROM reads r WHERE r.user_id = :reader AND r.channel = i.channel AND r.notification_id = i.id)`)}) AS above
    UNION ALL
    SELECT id FROM (
      SELECT r.notification_id AS id FROM unreads r
      WHERE r.user_id = :reader AND r.channel = c.value AND r.notification_id < :before
      ORDER BY r.notification_id DESC LIMIT :limit) AS below`),
  archived: `
    SELECT n.*, ${isRead} AS read, p.place
    FROM places p JOIN notifications n ON n.id = p.notification_id
    LEFT JOIN marks m ON m.user_id = :reader AND m.channel = n.channel
    WHERE p.user_id = :reader AND p.place = 'archived' AND p.notification_id < :before AND ${isReceived}
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
    FROM json_each(CAST(:channels AS TEXT)) c LEFT JOIN marks m ON m.user_id = :reader AND m.channel = c.value`,
  one: `SELECT ${item} WHERE n.id = :id AND (n.sender = :reader OR (${isReceived} AND ${isKept}))`,
}

/** The index finds what may hold the pattern; each word is then looked for in what it has found, the newest first. */
const search = `
  SELECT ${columns}
  FROM notifications_text t JOIN notifications n ON n.id = t.rowid
  LEFT JOIN marks m ON m.user_id = :reader AND m.channel = n.channel
  WHERE t.text LIKE :pattern AND t.rowid < :before AND ${isReceived} AND ${isKept}
    AND NOT EXISTS (SELECT 1 FROM json_each(CAST(:words AS TEXT)) w WHERE instr(lower(t.text), w.value) = 0)
  ORDER BY t.rowid DESC LIMIT :limit`

export function createInbox(): Inbox {
  return {
    page: (reader, query) => pageOf(query.unread ? inboxQueries.unread : inboxQueries.all, reader, query),
    archived: (reader, query) => pageOf(inboxQueries.archived, reader, query),
    sent: (reader, query) => pageOf(inboxQueries.sent, reader, query),
    search(reader, text, query) {
      const words = text.toLowerCase().split(/\s+/).filter(Boolean)
      const longest = words.reduce((longest, word) => (word.length > longest.length ? word : longest), '')
      // What is special in a pattern stands for any character: it may find more, never less.
      const pattern = `%${longest.replace(/[%_\\]/g, '_')}%`
      return pageOf(search, reader, query, { pattern, words: JSON.stringify(words) })
    },
    *unread(reader, channels) {
      const row = yield* first(inboxQueries.count, view(reader, channels))
      return Number(row?.['unread'])
    },
    *find(reader, channels, id) {
      const row = yield* first(inboxQueries.one, { ...view(reader, channels), id })
      return row && toInboxItem(row)
    },
  }
}

function* pageOf(
  sql: string,
  reader: Person,
  { channels, limit, before = Number.MAX_SAFE_INTEGER }: PageQuery,
  more: Record<string, string> = {},
): Work<Page> {
  // One more than is shown tells whether there is another page.
  const rows = yield* all(sql, { ...view(reader, channels), before, limit: limit + 1, ...more })
  const notifications = rows.slice(0, limit).map(toInboxItem)
  return { notifications, next: rows.length > limit ? notifications.at(-1)!.id : null }
}

const view = (reader: Person, channels: readonly Recipient[]) => ({
  reader: reader.id,
  channels: JSON.stringify(channels),
})

function toInboxItem(row: Row): InboxItem {
  const read = row['read'] === 1 || row['read'] === true
  return { ...toNotification(row), read, place: (row['place'] ?? 'inbox') as Place }
}
