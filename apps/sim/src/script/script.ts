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
  shared: fc.constantFrom(false, false, true),
})

/** From 0 to below 1. Doubles of fast-check are even over their bits, so most of them are tiny. */
const fraction = fc.nat(999_999).map((millionths) => millionths / 1_000_000)

/** Without them nothing happens. */
const always: ReadonlySet<string> = new Set(['openTab', 'publish'])

/**
 * What may happen in one script: often only some of it, so that the rest happens more often, and faults that need rare steps together are found.
 */
const kinds = fc
  .oneof(fc.constant(weights), fc.subarray([...weights]), fc.subarray([...weights]))
  .map((some) => weights.filter((one) => always.has(one[0]) || some.includes(one)))

const operationOf = (some: typeof weights, pace: number): fc.Arbitrary<Operation> =>
  fc.record({
    // Many things at once, and then minutes of nothing.
    wait: fraction.map((part) => Math.floor(Math.exp(part * pace) - 1)),
    kind: fc.oneof(
      ...some.map(([kind, weight]) => ({ arbitrary: fc.constant(kind), weight: Math.ceil(weight * 10) })),
    ),
    a: fc.nat(1_000),
    b: fraction,
  })

/** The steps of an hour, on the average; at the other pace they take some minutes. */
const perHour = 260
const paces = [12, 12, 12, 9]

/** Random scripts of at most so many hours. */
const scripts: fc.Arbitrary<Script> = fc
  .tuple(setup, kinds, fc.constantFrom(...paces))
  .chain(([setup, some, pace]) =>
    fc.record({
      setup: fc.constant(setup),
      operations: fc.array(operationOf(some, pace), { minLength: 1, maxLength: perHour, size: 'max' }),
    }),
  )

/** The script of a seed. */
export function scriptOf(seed: number): Script {
  return fc.sample(scripts, { numRuns: 1, seed })[0]!
}

/**
 * The shortest script that fails, as far as it is found in time: without the steps that the failure does not need. fast-check shortens arrays from
 * their beginning only, and here the last steps count as little as the first.
 */
export async function shrink(seed: number, script: Script, milliseconds: number): Promise<Script> {
  const end = performance.now() + milliseconds
  let shortest = script
  for (let size = Math.ceil(script.operations.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < shortest.operations.length; ) {
      if (performance.now() > end) return shortest
      const shorter = { ...shortest, operations: without(shortest.operations, at, size) }
      if ((await play(shorter, seed)).violation) shortest = shorter
      else at += size
    }
  }
  return shortest
}

/** The other steps, at the times that they had. */
function without(operations: readonly Operation[], at: number, count: number): Operation[] {
  const [removed, [next, ...rest]] = [operations.slice(at, at + count), operations.slice(at + count)]
  const waited = removed.reduce((sum, { wait }) => sum + wait, 0)
  return [...operations.slice(0, at), ...(next ? [{ ...next, wait: next.wait + waited }, ...rest] : [])]
}
