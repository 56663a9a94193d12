import type { Clock } from '../clock.ts'

/** Rings once. */
export interface Alarm {
  /** To ring in so many milliseconds, in place of the former time; `Infinity`: never. */
  set(delay: number): void
  /** Counts from now on. Cheap: it is called for every chunk of bytes. */
  putOff(): void
  /** Whether the time has come by the clock: timers of a hidden tab or a sleeping machine run late. */
  isDue(): boolean
}

/** Milliseconds between two looks at the clock. */
const LOOK = 10_000

/**
 * A timer that keeps to the clock, and that no timer's limit binds. Timers stand still while a machine sleeps, and go on where they were when
 * it wakes; this one looks at the clock every ten seconds, so it rings at most so late.
 *
 * The clock may be put back. Then the timer itself says how much time has passed at least, so it rings in time; if it was put off, at most one
 * look later.
 */
export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let handle: unknown
  let delay = Number.POSITIVE_INFINITY
  /** What was left at a moment of the clock. */
  let left = delay
  let since = 0
  /** Milliseconds that the present timer shows for certain when it fires; unknown if it was put off meanwhile. */
  let shown = 0
  const passed = () => Math.max(0, clock.now() - since)

  function wait(): void {
    if (left === Number.POSITIVE_INFINITY) return
    shown = Math.min(left, LOOK)
    handle = clock.setTimeout(look, shown)
  }

  function look(): void {
    left -= Math.max(passed(), shown)
    since = clock.now()
    if (left <= 0) ring()
    else wait()
  }

  function putOff(): void {
    left = delay
    since = clock.now()
    shown = 0
  }

  return {
    set(milliseconds) {
      clock.clearTimeout(handle)
      delay = milliseconds
      putOff()
      wait()
    },
    putOff,
    isDue: () => left <= passed(),
  }
}
