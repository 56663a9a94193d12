/** Chance whose course a number decides: a run that went wrong is repeated with SSE_SEED. */
export interface Random {
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number
  /** One of a list. */
  pick<T>(list: readonly T[]): T
}

/** Another one in every run, unless SSE_SEED says which. */
export const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 32))

/** @param from a seed. Two parties that draw side by side take one each, so that neither changes what the other draws */
export function createRandom(from: number): Random {
  let state = from >>> 0
  /** From 0 to below 1 (mulberry32). */
  const draw = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (from: number, to: number) => from + Math.floor(draw() * (to - from + 1))
  return { between, pick: (list) => list[between(0, list.length - 1)]! }
}
