export type { BackoffOptions } from './backoff.ts'
export { createSseClient } from './client.ts'
export type { Clock } from './clock.ts'
export type { SseChannels, SseGap, SseOpen } from './control.ts'
export type { Parse, ParseRule } from './data.ts'
export type { Listener, ReportError, SseMeta } from './emitter.ts'
export { SseError, type SseErrorCode } from './errors.ts'
export type { HeadersOption } from './headers.ts'
export type { EventLike, EventSourceConstructor, EventSourceLike } from './source.ts'
export type { SseCloseReason, SseFailure, SseState } from './state.ts'
export type {
  EventData,
  EventName,
  SseClient,
  SseClientEvents,
  SseClientOptions,
  SseInvalid,
} from './types.ts'
