import { describe, expect, it, vi } from 'vitest'
import { createTestClock } from '../test/clock.ts'
import { createWatchdog } from './watchdog.ts'

function setUp() {
  const clock = createTestClock()
  const onSilence = vi.fn()
  return { clock, onSilence, watchdog: createWatchdog(clock, onSilence) }
}

describe('the watchdog', () => {
  it('reports silence for as long as the limit', () => {
    const { clock, onSilence, watchdog } = setUp()
    watchdog.watch(1000)
    clock.advance(999)
    expect(onSilence).not.toHaveBeenCalled()
    clock.advance(1)
    expect(onSilence).toHaveBeenCalledOnce()
    expect(clock.timers).toEqual([])
  })

  it('counts from the last sign of life, with one timer however many there are', () => {
    const { clock, onSilence, watchdog } = setUp()
    watchdog.watch(1000)
    for (let i = 0; i < 5; i++) {
      clock.advance(900)
      watchdog.alive()
    }
    expect(clock.timers).toHaveLength(1)
    clock.advance(999)
    expect(onSilence).not.toHaveBeenCalled()
    clock.advance(1)
    expect(onSilence).toHaveBeenCalledOnce()
  })

  it('stops at a limit of 0', () => {
    const { clock, onSilence, watchdog } = setUp()
    watchdog.watch(1000)
    watchdog.watch(0)
    clock.advance(10_000)
    expect(onSilence).not.toHaveBeenCalled()
    expect(watchdog.isSilent()).toBe(false)
  })

  it('sees silence by the clock while timers stand still', () => {
    const { clock, watchdog } = setUp()
    watchdog.watch(1000)
    clock.sleep(5000)
    expect(watchdog.isSilent()).toBe(true)
  })

  it('finds out soon after a machine has slept, though its timers stood still', () => {
    const { clock, onSilence, watchdog } = setUp()
    watchdog.watch(60_000)
    clock.sleep(3_600_000)
    clock.advance(10_000)
    expect(onSilence).toHaveBeenCalledOnce()
  })

  it('is not deceived by a clock that is put back', () => {
    const { clock, onSilence, watchdog } = setUp()
    watchdog.watch(60_000)
    clock.sleep(-3_600_000)
    clock.advance(120_000)
    expect(onSilence).toHaveBeenCalledOnce()
  })

  it('bears a limit that no timer can hold', () => {
    const { clock, onSilence, watchdog } = setUp()
    watchdog.watch(2 ** 32)
    clock.advance(2 ** 32 - 1)
    expect(onSilence).not.toHaveBeenCalled()
    clock.advance(1)
    expect(onSilence).toHaveBeenCalledOnce()
  })
})
