import { describe, expect, it, vi } from 'vitest'
import { createTestClock } from '../../test/clock.ts'
import { createAlarm } from './deadline.ts'

function setUp() {
  const clock = createTestClock()
  const ring = vi.fn()
  return { clock, ring, alarm: createAlarm(clock, ring) }
}

describe('an alarm', () => {
  it('rings when its time has come, once', () => {
    const { alarm, clock, ring } = setUp()
    alarm.set(1000)
    clock.advance(999)
    expect(ring).not.toHaveBeenCalled()
    expect(alarm.isDue()).toBe(false)
    clock.advance(1)
    expect(ring).toHaveBeenCalledOnce()
    expect(clock.timers).toEqual([])
  })

  it('counts from when it was put off last, with one timer however often that was', () => {
    const { alarm, clock, ring } = setUp()
    alarm.set(1000)
    for (let i = 0; i < 5; i++) {
      clock.advance(900)
      alarm.putOff()
    }
    expect(clock.timers).toHaveLength(1)
    clock.advance(999)
    expect(ring).not.toHaveBeenCalled()
    clock.advance(1)
    expect(ring).toHaveBeenCalledOnce()
  })

  it('that is set again forgets the former time', () => {
    const { alarm, clock, ring } = setUp()
    alarm.set(1000)
    alarm.set(5000)
    clock.advance(4999)
    expect(ring).not.toHaveBeenCalled()
    clock.advance(1)
    expect(ring).toHaveBeenCalledOnce()
  })

  it('never rings, and has no timer, when that is what it is set to', () => {
    const { alarm, clock, ring } = setUp()
    alarm.set(1000)
    alarm.set(Number.POSITIVE_INFINITY)
    expect(clock.timers).toEqual([])
    clock.advance(10_000)
    expect(ring).not.toHaveBeenCalled()
    expect(alarm.isDue()).toBe(false)
  })

  it('is due by the clock while timers stand still', () => {
    const { alarm, clock } = setUp()
    alarm.set(1000)
    clock.sleep(5000)
    expect(alarm.isDue()).toBe(true)
  })

  it('rings soon after a machine has slept, though its timers stood still', () => {
    const { alarm, clock, ring } = setUp()
    alarm.set(60_000)
    clock.sleep(3_600_000)
    clock.advance(10_000)
    expect(ring).toHaveBeenCalledOnce()
  })

  it('is not deceived by a clock that is put back', () => {
    const { alarm, clock, ring } = setUp()
    alarm.set(60_000)
    clock.sleep(-3_600_000)
    clock.advance(120_000)
    expect(ring).toHaveBeenCalledOnce()
  })

  it('bears a time that no timer can hold', () => {
    const { alarm, clock, ring } = setUp()
    alarm.set(2 ** 32)
    clock.advance(2 ** 32 - 1)
    expect(ring).not.toHaveBeenCalled()
    clock.advance(1)
    expect(ring).toHaveBeenCalledOnce()
  })
})
