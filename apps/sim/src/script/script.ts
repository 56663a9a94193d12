import fc from 'fast-check'
import { type Operation, weights } from './operations.ts'
import type { Setup } from './simulation.ts'

export interface Script {
  readonly setup: Setup
  /** Milliseconds of the whole script, besides the end. */
  readonly duration: number
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

/** Random scripts of so many hours. fast-check makes a failing one shorter. */
export function scripts(hours: number): fc.Arbitrary<Script> {
  const length = Math.max(1, Math.round(perHour * hours))
  return fc
    .record({ setup, operations: fc.array(operation, { minLength: 1, maxLength: length, size: 'max' }) })
    .map(({ setup, operations }) => ({ setup, operations, duration: 0 }))
}
