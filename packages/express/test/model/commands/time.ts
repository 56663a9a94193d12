import fc from 'fast-check'
import { clock } from '../clock.ts'
import { Step } from '../step.ts'

const passes = fc
  .constantFrom(100, 500, 1_250, 3_000, 7_000)
  .map((milliseconds) => new Step(`passes ${milliseconds}`, () => clock.pass(milliseconds)))

/** A heartbeat later everything has to know of it. */
const jumps = fc.constantFrom(-3_600_000, 3_600_000).map(
  (ahead) =>
    new Step(`jumps ${ahead}`, async (world) => {
      world.isClockSet = true
      clock.set(ahead)
      await clock.pass(1_250)
    }),
)

export const timeSteps = [
  { weight: 3, arbitrary: passes },
  { weight: 1, arbitrary: jumps },
]
