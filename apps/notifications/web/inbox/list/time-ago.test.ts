import { expect, test } from 'vitest'
import { timeAgo } from './time-ago.ts'

const now = new Date('2026-11-20T12:00:00Z')
const minutes = 60_000

test.each([
  ['en', 23 * minutes, '23 minutes ago'],
  ['ko', 23 * minutes, '23분 전'],
  ['en', minutes, '1 minute ago'],
  ['ko', 5 * 60 * minutes, '5시간 전'],
  ['en', 2 * 24 * 60 * minutes, '2 days ago'],
  ['ko', 3 * 24 * 60 * minutes, '3일 전'],
])('%s, %d ms ago: %s, as the browser writes it', (locale, age, text) => {
  expect(timeAgo(new Date(now.getTime() - age), now, locale)).toBe(text)
})

test('within a minute there are no words for it, nor for what a clock that is ahead says', () => {
  for (const age of [0, 59_999, -5 * minutes]) {
    expect(timeAgo(new Date(now.getTime() - age), now, 'en')).toBeUndefined()
  }
})
