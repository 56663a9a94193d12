import { describe, expect, it, vi } from 'vitest'
import { createTestClock } from '../testing/index.ts'
import { createDeadline } from './deadline.ts'

function setUp() {
  const clock = createTestClock()
  const onOver = vi.fn()
  function expectOverAfter(delay: number) {
    clock.advance(delay - 1)
    expect(onOver).not.toHaveBeenCalled()
    clock.advance(1)
    expect(onOver).toHaveBeenCalledOnce()
  }
  return { clock, onOver, expectOverAfter, deadline: createDeadline(clock, onOver) }
}

describe('a deadline', () => {
  it('fires when its delay has passed, once', () => {
    const { deadline, clock, onOver } = setUp()
    deadline.set(1000)
    clock.advance(999)
    expect(onOver).not.toHaveBeenCalled()
    expect(deadline.isOver()).toBe(false)
    clock.advance(1)
    expect(onOver).toHaveBeenCalledOnce()
    expect(clock.timers).toEqual([])
  })

  it('counts from the last restart, with one timer however often that was', () => {
    const { deadline, clock, expectOverAfter } = setUp()
    deadline.set(1000)
    for (let i = 0; i < 5; i++) {
      clock.advance(900)
      deadline.restart()
    }
    expect(clock.timers).toHaveLength(1)
    expectOverAfter(1000)
  })

  it('that is set again forgets the former time', () => {
    const { deadline, expectOverAfter } = setUp()
    deadline.set(1000)
    deadline.set(5000)
    expectOverAfter(5000)
  })

  it('never fires, and has no timer, when it is set to Infinity', () => {
    const { deadline, clock, onOver } = setUp()
    deadline.set(1000)
    deadline.set(Number.POSITIVE_INFINITY)
    expect(clock.timers).toEqual([])
    clock.advance(10_000)
    expect(onOver).not.toHaveBeenCalled()
    expect(deadline.isOver()).toBe(false)
  })

  it('is over by the clock while timers stand still', () => {
    const { deadline, clock } = setUp()
    deadline.set(1000)
    clock.sleep(5000)
    expect(deadline.isOver()).toBe(true)
  })

  it('fires soon after a machine has slept, though its timers stood still', () => {
    const { deadline, clock, onOver } = setUp()
    deadline.set(60_000)
    clock.sleep(3_600_000)
    clock.advance(10_000)
    expect(onOver).toHaveBeenCalledOnce()
  })

  it('is not deceived by a clock that is put back', () => {
    const { deadline, clock, onOver } = setUp()
    deadline.set(60_000)
    clock.sleep(-3_600_000)
    clock.advance(120_000)
    expect(onOver).toHaveBeenCalledOnce()
  })

  it('holds a delay that no timer can hold', () => {
    const { deadline, clock, onOver } = setUp()
    deadline.set(2 ** 32)
    clock.advance(2 ** 32 - 1)
    expect(onOver).not.toHaveBeenCalled()
    clock.advance(1)
    expect(onOver).toHaveBeenCalledOnce()
  })
})
