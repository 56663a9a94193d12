import type { BrokerSubject } from './broker-subject.ts'

/** What a case needs beyond a log and one broker on it. */
export type Need =
  | 'several'
  | 'advance'
  | 'trim'
  | 'restart'
  | 'reset'
  | 'loseTail'
  | 'interrupt'
  | 'records'
  | 'ended'
  | 'limits'

export function meets(subject: BrokerSubject<unknown>, need: Need): boolean {
  return need === 'several' ? !subject.exclusive : Boolean(subject[need])
}
