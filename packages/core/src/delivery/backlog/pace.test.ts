import { expect, it } from 'vitest'
import { Pace } from './pace.ts'

it('lets a burst of work be done at once, and then its share of the time', () => {
  let time = 0
  const pace = new Pace({ share: 0.25, burst: 100, clock: () => time })
  const work = (milliseconds: number) => {
    time += milliseconds
    pace.spent(milliseconds)
  }
  work(100)
  expect(pace.rest).toBe(0)
  work(10)
  expect(pace.rest).toBe(30)
  time += 30
  expect(pace.rest).toBe(0)
  work(10)
  expect(pace.rest).toBe(30)
})
