import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createServerClock } from './server-clock.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A server whose clock is an hour ahead, reached with these times there and back. */
function serverAway(ways: readonly (readonly [there: number, back: number])[]) {
  let asked = 0
  return async () => {
    const [there, back] = ways[asked++ % ways.length]!
    vi.advanceTimersByTime(there)
    const theirs = performance.timeOrigin + performance.now() + 3_600_000
    vi.advanceTimersByTime(back)
    return theirs
  }
}

const error = (clock: { now(): number }) =>
  clock.now() - (performance.timeOrigin + performance.now()) - 3_600_000

test('the clocks agree when both ways take as long', async () => {
  const clock = createServerClock(serverAway([[40, 40]]))
  await clock.synchronise()
  expect(error(clock)).toBeCloseTo(0, 3)
})

test('of several answers the quickest is believed, which is wrong by half of what it took at most', async () => {
  const clock = createServerClock(
    serverAway([
      [400, 2],
      [3, 1],
      [5, 300],
    ]),
  )
  await clock.synchronise()
  expect(Math.abs(error(clock))).toBeLessThanOrEqual(2)
})

test('a server that does not answer leaves the clock as it was', async () => {
  const clock = createServerClock(() => Promise.reject(new Error('away')))
  await expect(clock.synchronise()).rejects.toThrow('away')
  expect(error(clock)).toBeCloseTo(-3_600_000, 3)
})
