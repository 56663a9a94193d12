import type { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { Recipient } from '../../shared/schemas.ts'
import { openDatabase } from '../database/database.ts'
import { atOnce } from '../database/work.ts'
import { findPerson } from '../directory.ts'
import { createInbox, inboxQueries } from './inbox.ts'
import { createStores } from './stores.ts'

const mina = findPerson('mina')!
const channels: Recipient[] = ['all', 'user:mina', 'topic:releases', 'topic:builds']

/** Notifications in turn to everyone, to topics and to others; most are not for Mina. */
function fill(database: DatabaseSync, count: number): void {
  database
    .prepare(
      `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
       INSERT INTO notifications (channel, ordinal, sender, title, body, created_at)
       SELECT
         CASE n % 10 WHEN 0 THEN 'user:mina' WHEN 1 THEN 'topic:builds' WHEN 2 THEN 'all' ELSE 'user:joon' END,
         CASE WHEN n % 10 > 2 THEN n / 10 * 7 + n % 10 - 2 WHEN n % 10 = 0 THEN n / 10 ELSE n / 10 + 1 END,
         'joon', 'Number ' || n, '', '2026-11-21T12:00:00.000Z'
       FROM numbers`,
    )
    .run({ count })
}

test('a hundred thousand: the newest page, the next ones and the unread count are what they are', () => {
  const database = openDatabase(':memory:')
  fill(database, 100_000)
  const { inbox, reads } = atOnce(database, createStores())

  expect(inbox.unread(mina, channels)).toBe(30_000)
  const first = inbox.page(mina, { channels, limit: 3 })
  expect(first.notifications.map(({ id }) => id)).toEqual([100_000, 99_992, 99_991])
  const second = inbox.page(mina, { channels, limit: 3, before: first.next! })
  expect(second.notifications.map(({ id }) => id)).toEqual([99_990, 99_982, 99_981])

  reads.markRead(mina, channels, [99_990, 1])
  expect(inbox.unread(mina, channels)).toBe(29_998)
  reads.markAllRead(mina, channels, 99_989)
  expect(inbox.unread(mina, channels)).toBe(3)
  const unread = inbox.page(mina, { channels, limit: 50, unread: true })
  expect(unread).toMatchObject({ next: null, notifications: first.notifications })
  const search = (text: string) => inbox.search(mina, text, { channels, limit: 3 }).notifications
  expect(search('number 9999').map(({ id }) => id)).toEqual([99_992, 99_991, 99_990])
  expect(search('9 99991 n').map(({ id }) => id)).toEqual([99_991])
  expect(search('NEAR("x" OR *')).toEqual([])
  reads.markUnread(mina, channels, [99_990, 2])
  expect(inbox.unread(mina, channels)).toBe(5)
  expect(inbox.page(mina, { channels, limit: 50, unread: true }).notifications.map(({ id }) => id)).toEqual([
    100_000, 99_992, 99_991, 99_990, 2,
  ])
  database.close()
})

/** SQLite's own words for how it goes about a query. */
function planOf(database: DatabaseSync, sql: string): string[] {
  return database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map((row) => String(row['detail']))
}

test.each(Object.entries(inboxQueries))('the query “%s” finds notifications by an index only', (_, sql) => {
  const database = openDatabase(':memory:')
  fill(database, 1_000)
  database.exec('ANALYZE')
  const plan = planOf(database, sql)
  // `n`, `i` and `notifications` are the big table, `r` and `reads` grow too; `c` are the few channels.
  const onBigTables = plan.filter((step) => /^(?:SCAN|SEARCH) (?:n|i|r|notifications|reads)\b/.test(step))
  expect(onBigTables.length).toBeGreaterThan(0)
  for (const step of onBigTables)
    expect(step).toMatch(/^SEARCH .* USING (?:COVERING INDEX|INDEX|INTEGER PRIMARY KEY|PRIMARY KEY)/)
  database.close()
})

test.each([inboxQueries.all, inboxQueries.unread])(
  'what is put in order is a page of each channel, no more',
  (sql) => {
    const database = openDatabase(':memory:')
    const plan = planOf(database, sql)
    const sorts = plan.filter((step) => step.includes('TEMP B-TREE'))
    expect(sorts).toEqual(['USE TEMP B-TREE FOR ORDER BY'])
    // The last step, over what the search of each channel, limited to a page by the index, has left.
    expect(plan.at(-1)).toBe(sorts[0])
    expect(plan).toContainEqual(
      expect.stringMatching(/^SEARCH i USING (?:COVERING )?INDEX notifications_by_channel/),
    )
    database.close()
  },
)

test('one notification is found only in the channels that one sees', () => {
  const database = openDatabase(':memory:')
  fill(database, 10)
  const inbox = atOnce(database, createInbox())
  expect(inbox.find(mina, channels, 10)).toMatchObject({ id: 10, to: 'user:mina', read: false })
  expect(inbox.find(mina, channels, 5)).toBeUndefined()
  expect(inbox.find(mina, channels, 11)).toBeUndefined()
  database.close()
})
