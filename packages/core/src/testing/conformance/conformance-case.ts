import type { BrokerSubject } from './broker-subject.ts'
import type { Trial } from './trial.ts'

/** What a case needs beyond a log and one broker on it. */
export type Need = 'several' | 'advance' | 'trim' | 'restart' | 'reset' | 'loseTail' | 'interrupt'

/** Something that the port promises, and how to see that it is kept. */
export interface ConformanceCase {
  /** A sentence, whose first word is the method that it is about where there is one. */
  readonly name: string
  readonly needs?: readonly Need[]
  run(trial: Trial): Promise<void>
}

export function meets(subject: BrokerSubject<unknown>, need: Need): boolean {
  return need === 'several' ? !subject.exclusive : subject[need] !== undefined
}
