import fc from 'fast-check'
import { clock } from '../clock.ts'
import { Step } from '../step.ts'

const passes = fc
  .constantFrom(100, 500, 1_250, 3_000, 7_000)
  .map((milliseconds) => new Step(`passes ${milliseconds}`, () => clock.pass(milliseconds)))

export const timeSteps = [{ weight: 3, arbitrary: passes }]
