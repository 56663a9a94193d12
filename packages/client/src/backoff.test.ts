import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoff } from './backoff.ts'

const duration = fc.integer({ min: 0, max: 1e12 })
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the time to wait', () => {
  it('doubles from the base to the most, without jitter at the middle of chance', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6].map((failures) =>
      backoff({ failures, base: 1000, max: 30_000 }, () => 0.5),
    )
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  })

  it('lies between half and one and a half of that', () => {
    fc.assert(
      fc.property(fc.nat(2000), duration, duration, chance, (failures, base, max, random) => {
        const middle = Math.min(max, Math.max(1, base) * 2 ** failures)
        const delay = backoff({ failures, base, max }, () => random)
        expect(delay).toBeGreaterThanOrEqual(Math.floor(0.5 * middle))
        expect(delay).toBeLessThanOrEqual(Math.ceil(1.5 * middle))
      }),
    )
  })

  it('is never shorter than the server asked for, however long that is, nor all at the same moment', () => {
    fc.assert(
      fc.property(duration, duration, chance, (base, floor, random) => {
        const delay = backoff({ failures: 0, base, max: 0, floor }, () => random)
        expect(delay).toBeGreaterThanOrEqual(floor)
        expect(delay).toBeLessThanOrEqual(Math.ceil(floor + Math.max(1, base)))
      }),
    )
    expect(backoff({ failures: 0, base: 1000, max: 1, floor: 5000 }, () => 0)).toBe(5000)
    expect(backoff({ failures: 0, base: 1000, max: 1, floor: 5000 }, () => 0.5)).toBe(5500)
  })

  it('grows from a base of 0 too', () => {
    expect(backoff({ failures: 10, base: 0, max: 30_000 }, () => 0.5)).toBe(1024)
  })
})
