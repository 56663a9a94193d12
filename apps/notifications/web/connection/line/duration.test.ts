import { expect, test } from 'vitest'
import { duration } from './duration.ts'

test.each([
  [0, '0 sec'],
  [59_999, '59 sec'],
  [200_000, '3 min 20 sec'],
  [7_200_000, '2 hr 0 min'],
  [90_000_000, '1 day 1 hr'],
])('%d ms are %s', (milliseconds, text) => {
  expect(duration(milliseconds, 'en')).toBe(text)
})

test('in the language of the page', () => {
  expect(duration(200_000, 'ko')).toBe('3분 20초')
})
