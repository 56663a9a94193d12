import { describe, expect, it } from 'vitest'
import { IdempotencyKeys } from './idempotency-keys.ts'

describe('an idempotency key', () => {
  function setUp() {
    const clock = { time: 1_000_000 }
    return { clock, keys: new IdempotencyKeys(() => clock.time) }
  }

  it('is valid for ten minutes, to the millisecond', () => {
    const { clock, keys } = setUp()
    keys.set('k', '1')
    clock.time += 599_999
    expect(keys.get('k')).toBe('1')
    clock.time += 1
    expect(keys.get('k')).toBeUndefined()
  })

  it('can be used again after it expired, for ten more minutes', () => {
    const { clock, keys } = setUp()
    keys.set('k', '1')
    clock.time += 600_000
    expect(keys.get('k')).toBeUndefined()
    keys.set('k', '2')
    clock.time += 599_999
    expect(keys.get('k')).toBe('2')
  })

  it('is valid when the clock is set back a little, and expires although an older key has not yet', () => {
    const { clock, keys } = setUp()
    keys.set('older', '1')
    clock.time -= 100_000
    expect(keys.get('older')).toBe('1')
    keys.set('k', '2')
    clock.time += 600_000
    expect(keys.get('k')).toBeUndefined()
    expect(keys.get('older')).toBe('1')
    keys.set('k', '3')
    clock.time += 150_000
    expect([keys.get('older'), keys.get('k')]).toEqual([undefined, '3'])
  })
})
