import type { Clock } from '../src/clock.ts'

/** A clock that stands still until the test moves it. */
export interface TestClock extends Clock {
  /** Lets so many milliseconds pass: timers that fall due run, in order, each at its own time. */
  advance(milliseconds: number): void
  /** Lets time pass without any timer running, as in a machine that sleeps. */
  sleep(milliseconds: number): void
  /** When timers fall due, in milliseconds from now. */
  readonly timers: number[]
}

/** @param random what `random` returns, always. 0.5 makes every jitter factor 1. */
export function createTestClock(random = 0.5): TestClock {
  let now = 1_700_000_000_000
  const timers = new Map<object, { at: number; run: () => void }>()
  const next = () => [...timers].sort(([, a], [, b]) => a.at - b.at)[0]
  return {
    now: () => now,
    random: () => random,
    setTimeout(run, delay) {
      const handle = {}
      timers.set(handle, { at: now + delay, run })
      return handle
    },
    clearTimeout: (handle) => timers.delete(handle as object),
    advance(milliseconds) {
      const end = now + milliseconds
      for (let due = next(); due && due[1].at <= end; due = next()) {
        const [handle, { at, run }] = due
        timers.delete(handle)
        now = Math.max(now, at)
        run()
      }
      now = end
    },
    sleep(milliseconds) {
      now += milliseconds
    },
    get timers() {
      return [...timers.values()].map(({ at }) => at - now).sort((a, b) => a - b)
    },
  }
}
