import type { Clock } from '../clock.ts'

/** A clock that stops until the test moves it. */
export interface TestClock extends Clock {
  /** Lets so many milliseconds pass. Timers that are due run in order, each at its own time. */
  advance(milliseconds: number): void
  /** Moves the time but no timer, as when a machine sleeps. A negative time sets the clock back. */
  sleep(milliseconds: number): void
  /** When timers are due, in milliseconds from now. */
  readonly timers: number[]
}

/** @param random the result of every call of `random`. With 0.5 every wait is three quarters of the longest possible. */
export function createTestClock(random = 0.5): TestClock {
  /** The time of the timers, and how far the time of day is ahead of it. */
  let elapsed = 0
  let ahead = 1_700_000_000_000
  const timers = new Map<object, { at: number; run: () => void }>()
  const next = () => [...timers].sort(([, a], [, b]) => a.at - b.at)[0]

  function advance(milliseconds: number): void {
    const end = elapsed + milliseconds
    for (let due = next(); due && due[1].at <= end; due = next()) {
      const [handle, { at, run }] = due
      timers.delete(handle)
      elapsed = Math.max(elapsed, at)
      run()
    }
    elapsed = end
  }

  return {
    now: () => elapsed + ahead,
    random: () => random,
    setTimeout(run, delay) {
      const handle = {}
      timers.set(handle, { at: elapsed + delay, run })
      return handle
    },
    clearTimeout: (handle) => timers.delete(handle as object),
    advance,

    sleep(milliseconds) {
      ahead += milliseconds
    },
    get timers() {
      return [...timers.values()].map(({ at }) => at - elapsed).sort((a, b) => a - b)
    },
  }
}
