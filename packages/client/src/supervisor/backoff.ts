import { LONGEST } from './retry-policy.ts'

/** How the waiting time between two attempts grows. */
export interface BackoffOptions {
  /** Milliseconds before the first new attempt, until the server names its own by `retry:`. Default: 1,000. */
  readonly base?: number | undefined
  /** The longest wait in milliseconds, except that a time the server asks for comes on top. It caps `retry:` too. Default: 30,000. */
  readonly max?: number | undefined
}

/** What a waiting time depends on. Milliseconds. */
export interface BackoffInput {
  /** How many attempts have failed since the last connection that held: 0 for the first. */
  readonly failures: number
  readonly base: number
  readonly max: number
  /** The server's wish (`Retry-After`, `sse.close`): never come sooner. */
  readonly floor?: number | undefined
}

/**
 * Milliseconds to wait: U(0.5, 1) × min(max, base · 2ⁿ). With a floor: floor + U(0, min(max, base)).
 *
 * Both are spread because a server that goes away loses all its clients in one moment, and a `Retry-After` tells all of them
 * the same time. A base of 0 (`retry: 0`) counts as 1: multiplied, 0 would never grow.
 */
export function backoff({ failures, base, max, floor }: BackoffInput, random: () => number): number {
  const unit = Math.max(1, base)
  const most = Math.min(max, LONGEST)
  if (floor !== undefined) return Math.round(floor + random() * Math.min(most, unit))
  return Math.round((0.5 + random() / 2) * Math.min(most, unit * 2 ** failures))
}
