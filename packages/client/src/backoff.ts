/** How the waiting time between two attempts grows. */
export interface BackoffOptions {
  /** Milliseconds before the first new attempt, until the server names its own by `retry:`. Default: 1,000. */
  readonly base?: number | undefined
  /** Milliseconds it never grows beyond, before jitter and unless the server asks for more. Default: 30,000. */
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
 * Milliseconds to wait: U(0.5, 1.5) × min(max, base · 2ⁿ), and never sooner than the floor plus U(0, base).
 *
 * Both are spread because a server that goes away loses all its clients in one moment, and a `Retry-After` tells all of them
 * the same time. A base of 0 (`retry: 0`) counts as 1: multiplied, 0 would never grow.
 */
export function backoff({ failures, base, max, floor = 0 }: BackoffInput, random: () => number): number {
  const unit = Math.max(1, base)
  const delay = (0.5 + random()) * Math.min(max, unit * 2 ** failures)
  const least = floor && floor + random() * unit
  return Math.round(Math.max(delay, least))
}
