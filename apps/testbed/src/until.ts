import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'

export interface UntilOptions {
  /** Milliseconds after which it gives up. Default 25,000: a busy machine may need it. */
  readonly timeout?: number
  /** Milliseconds between two looks. Default 20. */
  readonly interval?: number
}

/**
 * Waits until `condition` gives something truthy, and gives that back. For what another process or a browser
 * will do at a time nobody can know; where there is an event or a promise to wait for, wait for that.
 *
 * A condition that throws (an assertion, a refused connection) does not hold *yet*.
 *
 * @throws Error when the time is over, with the last value, or the last error as `cause`.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeout = 25_000, interval = 20 }: UntilOptions = {},
): Promise<NonNullable<T>> {
  const end = performance.now() + timeout
  for (;;) {
    const look = await attempt(condition)
    if ('value' in look && look.value) return look.value
    if (performance.now() >= end) throw giveUp(look, timeout)
    await delay(interval)
  }
}

type Look<T> = { readonly value: T } | { readonly error: unknown }

async function attempt<T>(condition: () => T | Promise<T>): Promise<Look<T>> {
  try {
    return { value: await condition() }
  } catch (error) {
    return { error }
  }
}

function giveUp(look: Look<unknown>, timeout: number): Error {
  if ('error' in look)
    return new Error(`Still throwing after ${timeout} ms: ${look.error}`, { cause: look.error })
  return new Error(`Still not true after ${timeout} ms; the last value was ${inspect(look.value)}`)
}
