import './needs-node.ts'

export { SseError, type SseErrorCode } from './errors.ts'
export type {
  AnyEvents,
  EventMap,
  EventName,
  MessageName,
  MessagePayload,
  Payload,
  Register,
  RegisteredEvents,
} from './event-map.ts'
export { createHub } from './hub/hub.ts'
export type {
  BrokerState,
  ChannelFeatures,
  ChannelsChanged,
  ChannelsRequest,
  CloseHubOptions,
  Hub,
  HubCounters,
  HubForAdapters,
  HubOf,
  HubOptions,
  HubStats,
  InTransaction,
  Member,
  PublishOptions,
  Run,
  RunOptions,
  RunOutcome,
} from './hub/types.ts'
export type {
  Broker,
  BrokerMessage,
  BrokerPublishOptions,
  EndedChannels,
  Entry,
  GapReason,
  OpenTransaction,
  Page,
  Published,
  PublishedInTransaction,
  Receiver,
  Records,
} from './log/broker.ts'
export { comparePositions } from './log/compare-positions.ts'
export {
  createMemoryBroker,
  createMemoryLog,
  type MemoryLogOptions,
  type SharedMemoryLog,
} from './log/memory-broker.ts'
export { createPoll, type PollDocument, type PollResponse } from './response/poll.ts'
export type { Refusal } from './response/refusal.ts'
export type { Transport } from './response/transport.ts'
export type {
  SchemaInputs,
  SchemaIssue,
  SchemaOutputs,
  SchemaResult,
  StandardSchema,
  StandardSchemaMap,
} from './standard-schema.ts'
export type { AskedChannels } from './stream/channels/asked-channels.ts'
export { checkStreamOptions } from './stream/check-options.ts'
export { createStream } from './stream/create-stream.ts'
export type { Source } from './stream/source.ts'
export type {
  CloseOptions,
  FromOptions,
  SendOptions,
  SseStream,
  StreamEnd,
  StreamEvent,
  StreamOptions,
  SubscribeOptions,
} from './stream/sse-stream.ts'
export type { Streams } from './stream/stream-registry.ts'
export { encode, encodeComment, type SseEvent } from './wire/encode.ts'
export type { Frame } from './wire/frame.ts'
