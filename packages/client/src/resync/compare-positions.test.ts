import { expect, it } from 'vitest'
import { comparePositions } from './compare-positions.ts'

/** As in the test of `@sse/core`. */
it.each([
  ['e-1', 'e-1', 0],
  ['e-1', 'e-2', -1],
  ['e-9', 'e-10', -1],
  ['e-1', 'e-1.1', -1],
  ['e-1.9', 'e-1.10', -1],
  ['e-1.10', 'e-2', -1],
  ['e-1-x', 'e-2-y', -1],
  ['a-b-1', 'a-b-2', undefined],
  ['e-18446744073709551615', 'e-18446744073709551616', -1],
  ['e-1-x', 'e-1-y', undefined],
  ['e-1', 'f-2', undefined],
  ['e-01', 'e-2', undefined],
  ['', 'e-1', undefined],
  ['e-1', 'e', undefined],
  ['e-1', `e-2-${'x'.repeat(64)}`, undefined],
])('%s before %s: %s', (a, b, order) => {
  expect(comparePositions(a, b) === undefined ? undefined : Math.sign(comparePositions(a, b)!)).toBe(order)
  const back = comparePositions(b, a)
  expect(back === undefined ? undefined : -Math.sign(back) + 0).toBe(order)
})
