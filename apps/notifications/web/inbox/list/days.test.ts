import { expect, test } from 'vitest'
import type { InboxItem } from '../../../shared/schemas.ts'
import { groupByDay } from './days.ts'

const item = (id: number, date: Date): InboxItem => ({
  id,
  to: 'all',
  from: 'mina',
  title: '',
  body: '',
  createdAt: date.toISOString(),
  read: false,
  place: 'inbox' as const,
})

// All dates are local time: days are those of the reader.
const now = new Date(2026, 10, 21, 0, 30)

test('items are grouped under the days of local time, in their order', () => {
  const days = groupByDay(
    [
      item(5, new Date(2026, 10, 21, 0, 10)),
      item(4, new Date(2026, 10, 20, 23, 50)),
      item(3, new Date(2026, 10, 20, 0, 0)),
      item(2, new Date(2026, 10, 16, 12)),
      item(1, new Date(2025, 11, 31, 12)),
    ],
    now,
    'en',
  )
  expect(days.map(({ label, items }) => [label, items.map(({ id }) => id)])).toEqual([
    ['Today', [5]],
    ['Yesterday', [4, 3]],
    ['Monday, November 16', [2]],
    ['Wednesday, December 31, 2025', [1]],
  ])
})

test('labels are in the language of the page', () => {
  const days = groupByDay([item(2, now), item(1, new Date(2026, 10, 20))], now, 'ko')
  expect(days.map(({ label }) => label)).toEqual(['오늘', '어제'])
})
