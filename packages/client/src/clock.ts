/** Time and chance. Passed in, so that a test can hold them still. */
export interface Clock {
  /** Milliseconds since the epoch. Default: `Date.now`. */
  now(): number
  /** A number in [0, 1). Default: `Math.random`. */
  random(): number
  /** Calls `run` once after `delay` milliseconds. Default: the global `setTimeout`. */
  setTimeout(run: () => void, delay: number): unknown
  /** Takes back what `setTimeout` returned. Default: the global `clearTimeout`. */
  clearTimeout(handle: unknown): void
}

/** The longest time a timer can hold: beyond it `setTimeout` fires at once. */
export const MAX_DELAY = 2 ** 31 - 1

/** Rings once. Setting it again takes the former time back. */
export interface Alarm {
  set(delay: number): void
  clear(): void
}

/** Milliseconds between two looks at the clock. */
const LOOK = 10_000

/**
 * A timer that keeps to the clock. Timers stand still while a machine sleeps, and go on where they were when it wakes; this one looks at the
 * clock every ten seconds, so it rings at most so late. A clock that is put back does not delay it.
 */
export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let handle: unknown
  const clear = () => clock.clearTimeout(handle)
  function set(delay: number): void {
    clear()
    const begun = clock.now()
    const step = Math.min(delay, LOOK)
    handle = clock.setTimeout(() => {
      const rest = delay - Math.max(step, clock.now() - begun)
      if (rest > 0) set(rest)
      else ring()
    }, step)
  }
  return { set, clear }
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (run, delay) => setTimeout(run, delay),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
}
