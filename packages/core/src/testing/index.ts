export type { StreamItem } from '../wire/decode.ts'
export {
  type Listening,
  type OpenStreamOptions,
  openStream,
  type TestEvent,
  TestStream,
} from './open-stream.ts'
