import { expect, it } from 'vitest'
import { Throttle } from './throttle.ts'

it('allows a burst of work at once, and then its share of the time', () => {
  let time = 0
  const throttle = new Throttle({ share: 0.25, burst: 100, clock: () => time })
  const work = (milliseconds: number) => {
    time += milliseconds
    throttle.record(milliseconds)
  }
  work(100)
  expect(throttle.delay).toBe(0)
  work(10)
  expect(throttle.delay).toBe(30)
  time += 30
  expect(throttle.delay).toBe(0)
  work(10)
  expect(throttle.delay).toBe(30)
})
