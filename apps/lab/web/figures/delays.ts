/** How late the newest events of one transport were on the screen. */

export interface Delay {
  /** When the event was made, by the server's clock. */
  readonly at: number
  /** Milliseconds from then until it was on the screen here. */
  readonly delay: number
}

export interface Delays {
  add(delay: Delay): void
  clear(): void
  /** Those of the last {@link span}, oldest first. */
  recent(now: number): readonly Delay[]
}

/** What is looked at, in ms. */
export const span = 30_000

/** As many as the highest rate makes in that time. */
const capacity = 3_000

export function createDelays(): Delays {
  let held: Delay[] = []
  return {
    add(delay) {
      held.push(delay)
      if (held.length > 2 * capacity) held = held.slice(-capacity)
    },
    clear() {
      held = []
    },
    recent(now) {
      held = held.filter(({ at }) => at > now - span)
      return held
    },
  }
}

/** The value that this share of them does not exceed; `null` of none. */
export function percentile(delays: readonly Delay[], share: number): number | null {
  if (delays.length === 0) return null
  const sorted = delays.map(({ delay }) => delay).sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null
}
