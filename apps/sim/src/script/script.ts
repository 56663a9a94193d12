import fc from 'fast-check'
import { type Operation, weights } from './operations.ts'
import { play } from './play.ts'
import type { Setup } from './simulation.ts'

export interface Script {
  readonly setup: Setup
  readonly operations: readonly Operation[]
}

const setup: fc.Arbitrary<Setup> = fc.record({
  log: fc.constantFrom('memory', 'sqlite', 'redis', 'postgres', 'redis', 'postgres'),
  processes: fc.integer({ min: 1, max: 3 }),
  browsers: fc.integer({ min: 1, max: 3 }),
  proxied: fc.boolean(),
})

/** From 0 to below 1. Doubles of fast-check are even over their bits, so most of them are tiny. */
const fraction = fc.nat(999_999).map((millionths) => millionths / 1_000_000)

const operation: fc.Arbitrary<Operation> = fc.record({
  // Many things at once, and then minutes of nothing.
  wait: fraction.map((part) => Math.floor(Math.exp(part * 12) - 1)),
  kind: fc.oneof(
    ...weights.map(([kind, weight]) => ({ arbitrary: fc.constant(kind), weight: Math.ceil(weight * 10) })),
  ),
  a: fc.nat(1_000),
  b: fraction,
})

/** The steps of an hour, on the average. */
const perHour = 260

/** Random scripts of at most so many hours. */
const scripts: fc.Arbitrary<Script> = fc.record({
  setup,
  operations: fc.array(operation, { minLength: 1, maxLength: perHour, size: 'max' }),
})

/** Without a bias to short scripts: every seed is the first run of its own. */
const oneRun = { numRuns: 1, unbiased: true }

/** The script of a seed. */
export function scriptOf(seed: number): Script {
  return fc.sample(scripts, { ...oneRun, seed })[0]!
}

/** The shortest script that fails like that of a seed, as far as it is found in time. `undefined` if it does not fail. */
export async function shrink(seed: number, milliseconds: number): Promise<Script | undefined> {
  const property = fc.asyncProperty(scripts, async (script) => {
    const { violation } = await play(script, seed)
    if (violation) throw violation
  })
  const details = await fc.check(property, { ...oneRun, seed, interruptAfterTimeLimit: milliseconds })
  return details.counterexample?.[0]
}
