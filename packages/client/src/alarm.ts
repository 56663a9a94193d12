import type { Clock } from './clock.ts'

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
 * A timer that keeps to the clock. Timers stand still while a machine sleeps, and go on where they were when it wakes; this one looks at the
 * clock every ten seconds, so it rings at most so late. A clock that is put back makes it count anew.
 */
export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let handle: unknown
  let begun = 0
  let delay = Number.POSITIVE_INFINITY
  const left = () => begun + delay - clock.now()
  const isDue = () => left() <= 0

  function wait(): void {
    if (delay < Number.POSITIVE_INFINITY) handle = clock.setTimeout(look, Math.min(left(), LOOK))
  }

  function look(): void {
    begun = Math.min(begun, clock.now())
    if (isDue()) ring()
    else wait()
  }

  function putOff(): void {
    begun = clock.now()
  }

  return {
    set(milliseconds) {
      clock.clearTimeout(handle)
      delay = milliseconds
      putOff()
      wait()
    },
    putOff,
    isDue,
  }
}
