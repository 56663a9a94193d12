import { randomBytes } from 'node:crypto'
import type { LabEvent } from '../../shared/lab.ts'
import { now } from '../now.ts'

export interface EventClockOptions {
  /** Whether an event shall be made when its time has come. */
  readonly due: () => boolean
  readonly emit: (event: LabEvent) => void
}

/** Makes an event every so often: the one that all transports get at the same moment. */
export interface EventClock {
  /** Events a second. */
  setRate(rate: number): void
  /** Bytes of filling in each event. */
  setPayload(bytes: number): void
  stop(): void
}

/**
 * The times between two events are spread by ±50 %: a beat that goes with the polls, or with the frames of a screen, would make every delay the same.
 * A clock that came late goes on from now: what should have been is not made up for in one burst.
 */
export function createEventClock(options: EventClockOptions): EventClock {
  let n = 0
  let text = ''
  let interval = 1000
  let next = performance.now()
  let timer: NodeJS.Timeout | undefined

  function schedule(): void {
    clearTimeout(timer)
    timer = setTimeout(tick, Math.max(0, next - performance.now()))
  }

  function tick(): void {
    next = Math.max(next + interval * (0.5 + Math.random()), performance.now())
    schedule()
    if (!options.due()) return
    n += 1
    // Microseconds are as fine as clocks of different machines can be compared.
    options.emit({ n, at: Math.round(now() * 1000) / 1000, text })
  }

  return {
    setRate(rate) {
      interval = 1000 / rate
      next = performance.now() + interval
      schedule()
    },
    setPayload(bytes) {
      // Random, so that no compression on the way makes it smaller than it says.
      text = randomBytes(bytes).toString('base64').slice(0, bytes)
    },
    stop: () => clearTimeout(timer),
  }
}
