import type { Clock } from '../clock.ts'

/** A clock that stands still until the test moves it. */
export interface TestClock extends Clock {
  /** Lets so many milliseconds pass: timers that fall due run, in order, each at its own time. */
  advance(milliseconds: number): void
  /** Moves the time without moving any timer, as for a machine that sleeps; a negative time puts the clock back. */
  sleep(milliseconds: number): void
  /** When timers fall due, in milliseconds from now. */
  readonly timers: number[]
}

/** @param random what `random` returns, always. 0.5 makes every wait three quarters of its longest. */
export function createTestClock(random = 0.5): TestClock {
  /** What timers go by, and how far the time of day is ahead of it. */
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
