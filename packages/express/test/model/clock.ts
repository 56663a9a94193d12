import { turns } from '@sse/testbed/fuzz'
import { vi } from 'vitest'

/** Milliseconds of a step of the clock: between two steps everything that waits for the end of a turn happens. */
const step = 250

/** The clock of a run, and all timers of the server. Sockets are real, and know nothing of it. */
export const clock = {
  start(): void {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
    })
  },

  stop(): void {
    vi.useRealTimers()
  },

  /** Timers that run. */
  get timers(): number {
    return vi.getTimerCount()
  },

  /** Sets the time of day, as NTP does, and the resume of a machine that slept. */
  set(ahead: number): void {
    vi.setSystemTime(Date.now() + ahead)
  },

  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= step) {
      vi.advanceTimersByTime(Math.min(step, left))
      await turns(3)
    }
  },
}
