/** Numbers from 0 to below 1 that a seed repeats (mulberry32). */
export type Random = () => number

/** `SSE_SEED` repeats a run. Each run prints its seed. */
export const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 32))

export function createRandom(from: number): Random {
  let state = from >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number, both ends included. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1))
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[between(random, 0, from.length - 1)]!
}
