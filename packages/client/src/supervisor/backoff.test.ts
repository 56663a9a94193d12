import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoff } from './backoff.ts'

const duration = fc.integer({ min: 0, max: 1e12 })
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the time to wait', () => {
  it('doubles from the base to the most, three quarters of it at the middle of chance', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6].map((failures) =>
      backoff({ failures, base: 1000, max: 30_000 }, () => 0.5),
    )
    expect(delays).toEqual([750, 1500, 3000, 6000, 12_000, 22_500, 22_500])
  })

  it('lies between half of that and that, whatever the server named in retry', () => {
    fc.assert(
      fc.property(fc.nat(2000), duration, duration, chance, (failures, base, max, random) => {
        const most = Math.min(max, 2 ** 31 - 1, Math.max(1, base) * 2 ** failures)
        const delay = backoff({ failures, base, max }, () => random)
        expect(delay).toBeGreaterThanOrEqual(Math.floor(0.5 * most))
        expect(delay).toBeLessThanOrEqual(most)
      }),
    )
  })

  it('with a floor is never shorter than that, and never longer than floor + max', () => {
    fc.assert(
      fc.property(duration, duration, duration, chance, (base, max, floor, random) => {
        const delay = backoff({ failures: 0, base, max, floor }, () => random)
        expect(delay).toBeGreaterThanOrEqual(floor)
        expect(delay).toBeLessThanOrEqual(floor + Math.min(max, Math.max(1, base)))
      }),
    )
    expect(backoff({ failures: 0, base: 3_600_000, max: 300, floor: 5000 }, () => 0.999)).toBe(5300)
    expect(backoff({ failures: 5, base: 1000, max: 30_000, floor: 0 }, () => 0.5)).toBe(500)
  })

  it('grows from a base of 0 too', () => {
    expect(backoff({ failures: 10, base: 0, max: 30_000 }, () => 0.5)).toBe(768)
  })
})
