import { type Clock, MAX_DELAY } from './clock.ts'

/** Watches for silence on a connection. */
export interface Watchdog {
  /** Starts over: silence for longer than `limit` milliseconds is reported. 0 stops it. */
  watch(limit: number): void
  /** A sign of life. Cheap: it is called for every chunk of bytes. */
  alive(): void
  /** Whether the limit has passed, by the clock: timers of a hidden tab or a sleeping machine run late. */
  isSilent(): boolean
}

export function createWatchdog(clock: Clock, onSilence: () => void): Watchdog {
  let limit = 0
  let heard = 0
  let timer: unknown

  function check(): void {
    const rest = heard + limit - clock.now()
    if (rest <= 0) onSilence()
    else timer = clock.setTimeout(check, Math.min(rest, MAX_DELAY))
  }

  return {
    watch(milliseconds) {
      clock.clearTimeout(timer)
      limit = milliseconds
      heard = clock.now()
      if (limit > 0) check()
    },
    alive() {
      heard = clock.now()
    },
    isSilent: () => limit > 0 && clock.now() - heard >= limit,
  }
}
