export type { StreamItem } from '../wire/decode.ts'
export {
  type BrokerCase,
  brokerCases,
  brokerConformance,
  type TestRunner,
} from './conformance/broker-conformance.ts'
export type { BrokerSubject, Mend } from './conformance/broker-subject.ts'
export type { Listening, ListeningServer } from './listening.ts'
export { type OpenStreamOptions, openStream } from './open-stream.ts'
export type { TestEvent, TestStream } from './test-stream.ts'
