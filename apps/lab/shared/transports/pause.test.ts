import { expect, test } from 'vitest'
import { pauseAfter, sleep } from './pause.ts'

test.each([
  { failures: 1, least: 250, most: 750 },
  { failures: 2, least: 500, most: 1_500 },
  { failures: 3, least: 1_000, most: 3_000 },
  { failures: 30, least: 1_000, most: 3_000 },
])('after $failures failures it waits from $least to $most ms', ({ failures, least, most }) => {
  expect(pauseAfter(failures, () => 0)).toBe(least)
  expect(pauseAfter(failures, () => 1)).toBe(most)
})

test('who is stopped does not sleep on', async () => {
  const stop = new AbortController()
  const asleep = sleep(1e9, stop.signal)
  stop.abort()
  await asleep
  await sleep(1e9, stop.signal)
})
