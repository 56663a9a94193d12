import type { Clock } from '../clock.ts'

/** A timer that fires once. */
export interface Deadline {
  /** Fires in so many milliseconds and forgets the former time. `Infinity`: never. */
  set(delay: number): void
  /** Starts the same delay again. Cheap, because it is called for every chunk of bytes. */
  restart(): void
  /** Whether the delay has passed by the clock. Timers of a hidden tab or a sleeping machine run late. */
  isOver(): boolean
}

/** Milliseconds between two checks of the clock. */
const CHECK_INTERVAL = 10_000

/**
 * A timer that follows the clock and has no longest delay. Timers stop while a machine sleeps and continue where they were. This one checks
 * the clock every ten seconds, so it fires at most ten seconds late.
 *
 * The clock may be set back. The timer itself then shows how much time has passed at least, so it still fires in time. If it was restarted
 * meanwhile, it fires at most one check later.
 */
export function createDeadline(clock: Clock, onOver: () => void): Deadline {
  let handle: unknown
  let delay = Number.POSITIVE_INFINITY
  /** Milliseconds that were left at the time `since`. */
  let left = delay
  let since = 0
  /** Milliseconds that have certainly passed when the present timer fires. 0 if the deadline was restarted meanwhile. */
  let certain = 0
  const passed = () => Math.max(0, clock.now() - since)

  function wait(): void {
    if (left === Number.POSITIVE_INFINITY) return
    certain = Math.min(left, CHECK_INTERVAL)
    handle = clock.setTimeout(check, certain)
  }

  function check(): void {
    left -= Math.max(passed(), certain)
    since = clock.now()
    if (left <= 0) onOver()
    else wait()
  }

  function restart(): void {
    left = delay
    since = clock.now()
    certain = 0
  }

  return {
    set(milliseconds) {
      clock.clearTimeout(handle)
      delay = milliseconds
      restart()
      wait()
    },
    restart,
    isOver: () => left <= passed(),
  }
}
