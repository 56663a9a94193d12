import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'

export interface UntilOptions {
  /** Milliseconds after which it gives up. Default 25,000: a busy machine may need it. */
  readonly timeout?: number
  /** Milliseconds between two attempts. Default 20. */
  readonly interval?: number
}

/**
 * Waits until a condition is truthy, and returns its value. For what another process or a browser does at an unknown time; if there is an event
 * or a promise, wait for that. A condition that throws (an assertion, a refused connection) is tried again.
 *
 * @throws Error after the timeout, with the last value, or the last error as `cause`
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeout = 25_000, interval = 20 }: UntilOptions = {},
): Promise<NonNullable<T>> {
  const end = performance.now() + timeout
  for (;;) {
    let failure: Error
    try {
      const value = await condition()
      if (value) return value
      failure = new Error(`Still not true after ${timeout} ms; the last value was ${inspect(value)}`)
    } catch (cause) {
      failure = new Error(`Still throwing after ${timeout} ms: ${cause}`, { cause })
    }
    if (performance.now() >= end) throw failure
    await delay(interval)
  }
}
