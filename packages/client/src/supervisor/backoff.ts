import { LONGEST_TIMEOUT } from '../clock.ts'

/** How the delay between two attempts grows. */
export interface BackoffOptions {
  /** Milliseconds before the first new attempt, until the server sends its own `retry:`. Default: 1,000. */
  readonly base?: number | undefined
  /** The longest delay in milliseconds. It caps `retry:` too. A time that the server asks for is added to it. Default: 30,000. */
  readonly max?: number | undefined
}

/** What the delay depends on. Milliseconds. */
export interface BackoffInput {
  /** Attempts that have failed since the last stable connection: 0 for the first. */
  readonly failures: number
  readonly base: number
  readonly max: number
  /** The server asked for this delay (`Retry-After`, `sse.close`). The client never reconnects sooner. */
  readonly floor?: number | undefined
}

/**
 * Milliseconds to wait: U(0.5, 1) × min(max, base · 2ⁿ). With a floor: floor + U(0, min(max, base)).
 *
 * Both are spread, because a server that stops loses all its clients at once, and a `Retry-After` tells all of them the same time. A base of
 * 0 (`retry: 0`) counts as 1, because 0 would never grow.
 */
export function backoff({ failures, base, max, floor }: BackoffInput, random: () => number): number {
  const unit = Math.max(1, base)
  const most = Math.min(max, LONGEST_TIMEOUT)
  if (floor !== undefined) return Math.round(floor + random() * Math.min(most, unit))
  return Math.round((0.5 + random() / 2) * Math.min(most, unit * 2 ** failures))
}
