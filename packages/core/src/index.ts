export { SseError, type SseErrorCode } from './errors.ts'
export type { AnyEvents, EventMap, EventName, Payload, Register, RegisteredEvents } from './event-map.ts'
export type { CloseHubOptions, Hub, HubOptions, PublishOptions, StreamEvent } from './hub/hub.ts'
export type { HubCounters, HubStats } from './hub/hub-stats.ts'
export { createHub } from './hub/log-hub.ts'
export type { Streams } from './hub/streams.ts'
export type { Broker, Entry, GapReason, Page, Published, Receiver } from './log/broker.ts'
export { createMemoryBroker, type MemoryBrokerOptions } from './log/memory-broker.ts'
export { createStream } from './stream/create-stream.ts'
export type { Source } from './stream/source.ts'
export type {
  CloseOptions,
  FromOptions,
  SendOptions,
  SseStream,
  StreamEnd,
  StreamOptions,
  SubscribeOptions,
} from './stream/sse-stream.ts'
export type { Transport } from './stream/transport.ts'
export { encode, encodeComment, type SseEvent } from './wire/encode.ts'
export type { Frame } from './wire/frame.ts'
