import { type Clock, createAlarm } from './clock.ts'

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
  const alarm = createAlarm(clock, check)

  function check(): void {
    heard = Math.min(heard, clock.now()) // a clock that was put back
    const rest = heard + limit - clock.now()
    if (rest > 0) alarm.set(rest)
    else onSilence()
  }

  return {
    watch(milliseconds) {
      alarm.clear()
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
