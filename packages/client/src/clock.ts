/** Time and randomness. Passed in, so that a test can control them. */
export interface Clock {
  /** Milliseconds since the epoch. Default: `Date.now`. */
  now(): number
  /** A number in [0, 1). Default: `Math.random`. */
  random(): number
  /** Calls `run` once after `delay` milliseconds. Default: the global `setTimeout`. */
  setTimeout(run: () => void, delay: number): unknown
  /** Cancels the timer that `setTimeout` returned. Default: the global `clearTimeout`. */
  clearTimeout(handle: unknown): void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (run, delay) => setTimeout(run, delay),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
}

/** The longest delay that a timer can hold, in milliseconds: 24.8 days. A server cannot ask for a longer one. */
export const LONGEST_TIMEOUT = 2 ** 31 - 1
