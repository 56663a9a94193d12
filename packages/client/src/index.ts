export type { BackoffOptions } from './backoff.ts'
export { createSseClient } from './client.ts'
export type { Clock } from './clock.ts'
export type { SseChannels, SseGap, SseOpen } from './control.ts'
export type { Parse, ParseRule } from './data.ts'
export type { Listener, ReportError, SseMeta } from './emitter.ts'
export { SseError, type SseErrorCode } from './errors.ts'
export type { PersistOption, PersistStorage, StorageLike } from './persist.ts'
export type { HeadersOption } from './request.ts'
export type { ShareIdentity, ShareOption } from './share/protocol.ts'
export type { EventLike, EventSourceConstructor, EventSourceLike } from './source.ts'
export type { SchemaIssue, SchemaOutputs, StandardSchema, StandardSchemaMap } from './standard-schema.ts'
export type { SseCloseReason, SseFailure, SseState } from './state.ts'
export type {
  EventData,
  EventName,
  PollsOptions,
  SseClient,
  SseClientEvents,
  SseClientOptions,
  SseEvent,
  SseInvalid,
  SseUnhandled,
} from './types.ts'
