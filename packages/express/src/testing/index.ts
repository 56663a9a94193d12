export {
  type Listening,
  type ListeningServer,
  type OpenStreamOptions,
  openStream,
  type StreamItem,
  type TestEvent,
  type TestStream,
} from '@sse/core/testing'
