export type { OpenStreamOptions, StreamItem, TestEvent, TestStream } from '@sse/core/testing'
export { openStream } from '@sse/core/testing'
