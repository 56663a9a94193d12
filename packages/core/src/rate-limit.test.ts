import { describe, expect, it } from 'vitest'
import { RateLimit } from './rate-limit.ts'

describe('a rate limit', () => {
  it('allows so many a second, of which a second’s worth may come at once', () => {
    let now = 0
    const limit = new RateLimit(4, () => now)
    const taken = () => Array.from({ length: 10 }, () => limit.take('a')).filter(Boolean).length
    expect(taken()).toBe(4)
    now += 250
    expect(taken()).toBe(1)
    now += 60_000
    expect(taken()).toBe(4)
  })

  it('allows at least one, however low the rate is', () => {
    let now = 0
    const limit = new RateLimit(0.1, () => now)
    expect([limit.take('a'), limit.take('a'), limit.take('b')]).toEqual([true, false, true])
    now += 10_000
    expect([limit.allows('a'), limit.take('a'), limit.allows('a')]).toEqual([true, true, false])
  })

  it('remembers only clients that asked lately', () => {
    let now = 0
    const limit = new RateLimit(2, () => now)
    for (let client = 0; client < 10_000; client++) limit.take(`client ${client}`)
    limit.take('client 1')
    expect(limit.size).toBe(10_000)
    expect([limit.allows('client 1'), limit.allows('client 2')]).toEqual([false, true])
    now += 1_000
    limit.take('another')
    expect(limit.size).toBe(1)
  })

  it('remembers nobody where there is no limit', () => {
    const limit = new RateLimit(Number.POSITIVE_INFINITY)
    expect([limit.take('a'), limit.allows('a')]).toEqual([true, true])
    expect(limit.size).toBe(0)
  })
})
