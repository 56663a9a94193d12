import { setTimeout as delay } from 'node:timers/promises'
import { SseError } from '@sse/core'

/** Milliseconds between two attempts. */
const interval = 50

/** Tries again for so many milliseconds while somebody else holds the file: the process before may be about to end. */
export async function whileLocked<T>(timeout: number, attempt: () => T): Promise<T> {
  const end = performance.now() + timeout
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      const left = end - performance.now()
      if (!(error instanceof SseError) || error.code !== 'log-locked' || left <= 0) throw error
      await delay(Math.min(interval, left))
    }
  }
}
