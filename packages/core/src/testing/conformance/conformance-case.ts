import type { TrialPlan } from './trial.ts'

/** Something that the port promises, and how to see that it is kept. */
export interface ConformanceCase extends TrialPlan {
  /** A sentence, whose first word is the method that it is about where there is one. */
  readonly name: string
}
