import { expect, test } from 'vitest'
import { write } from './figures.ts'

test.each([
  [0, 'bytes', '0 B'],
  [999, 'bytes', '999 B'],
  [1500, 'bytes', '1.5 kB'],
  [104_857_600, 'bytes', '105 MB'],
  [7e12, 'bytes', '7,000 GB'],
  [0.25, 'milliseconds', '0.3 ms'],
  [12_345, 'count', '12,345'],
] as const)('%d as %s is written %s', (value, unit, text) => {
  expect(write(value, unit, 'en')).toBe(text)
})
