import { expect, test } from 'vitest'
import { createDelays, percentile, span } from './delays.ts'

const of = (...delays: number[]) => delays.map((delay, at) => ({ at, delay }))

test('a percentile is one of the delays, whatever their order', () => {
  expect(percentile([], 0.5)).toBeNull()
  expect(percentile(of(5), 0.99)).toBe(5)
  expect(percentile(of(30, 10, 20), 0.5)).toBe(20)
  expect(percentile(of(...Array.from({ length: 100 }, (_, index) => 100 - index)), 0.99)).toBe(99)
})

test('only the last while counts', () => {
  const delays = createDelays()
  delays.add({ at: 0, delay: 1 })
  delays.add({ at: 1000, delay: 2 })
  expect(delays.recent(500 + span).map(({ delay }) => delay)).toEqual([2])
  delays.clear()
  expect(delays.recent(500 + span)).toEqual([])
})
