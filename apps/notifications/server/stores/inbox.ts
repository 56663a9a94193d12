/** Notifications as one user sees them: the list page by page, and how many are unread. */
import type { InboxItem, Recipient } from '../../shared/schemas.ts'
import { all, first, type Row, type Work } from '../database/work.ts'
import type { Person } from '../directory.ts'
import { toNotification } from './notifications.ts'

export interface Inbox {
  /** The newest of these channels, newest first. `next` is the `before` of the page after it, null when there is none. */
  page(reader: Person, query: PageQuery): Work<{ notifications: InboxItem[]; next: number | null }>
  /** How many of these channels this person has not read. Costs the same for ten and for a hundred thousand. */
  unread(reader: Person, channels: readonly Recipient[]): Work<number>
  /** One notification, if it is in one of these channels. */
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

const isRead = `(n.id <= coalesce(m.up_to, 0) OR EXISTS (
  SELECT 1 FROM reads r WHERE r.user_id = :reader AND r.channel = n.channel AND r.notification_id = n.id))`

/** The newest of every channel are found by the index, so many as a page takes; only these are put in order. */
const page = (only: string) => `
  SELECT n.*, ${isRead} AS read
  FROM json_each(CAST(:channels AS TEXT)) c
  LEFT JOIN marks m ON m.user_id = :reader AND m.channel = c.value
  JOIN notifications n ON n.id IN (
    SELECT i.id FROM notifications i
    WHERE i.channel = c.value AND i.id < :before ${only}
    ORDER BY i.id DESC LIMIT :limit)
  ORDER BY n.id DESC LIMIT :limit`

/** The SQL of this file by name, for the test that looks at its query plans. */
export const inboxQueries = {
  all: page(''),
  unread: page(`AND i.id > coalesce(m.up_to, 0) AND NOT EXISTS (
    SELECT 1 FROM reads r WHERE r.user_id = :reader AND r.channel = i.channel AND r.notification_id = i.id)`),
  /** Ordinals number a channel without holes, so nothing has to be counted but what was read out of turn. */
  count: `
    SELECT coalesce(sum(
      coalesce((SELECT ordinal FROM notifications WHERE channel = c.value ORDER BY id DESC LIMIT 1), 0)
      - coalesce((SELECT ordinal FROM notifications WHERE channel = c.value AND id <= m.up_to ORDER BY id DESC LIMIT 1), 0)
      - (SELECT count(*) FROM reads WHERE user_id = :reader AND channel = c.value)
    ), 0) AS unread
    FROM json_each(CAST(:channels AS TEXT)) c LEFT JOIN marks m ON m.user_id = :reader AND m.channel = c.value`,
  one: `
    SELECT n.*, ${isRead} AS read
    FROM notifications n LEFT JOIN marks m ON m.user_id = :reader AND m.channel = n.channel
    WHERE n.id = :id AND n.channel IN (SELECT value FROM json_each(CAST(:channels AS TEXT)))`,
}

export function createInbox(): Inbox {
  return {
    *page(reader, { channels, limit, before = Number.MAX_SAFE_INTEGER, unread: onlyUnread = false }) {
      // One more than is shown tells whether there is another page.
      const params = { ...view(reader, channels), before, limit: limit + 1 }
      const rows = yield* all(onlyUnread ? inboxQueries.unread : inboxQueries.all, params)
      const notifications = rows.slice(0, limit).map(toInboxItem)
      return { notifications, next: rows.length > limit ? notifications.at(-1)!.id : null }
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

const view = (reader: Person, channels: readonly Recipient[]) => ({
  reader: reader.id,
  channels: JSON.stringify(channels),
})

function toInboxItem(row: Row): InboxItem {
  return { ...toNotification(row), read: row['read'] === 1 || row['read'] === true }
}
