export { createSseClient } from './client.ts'
export type { Clock } from './clock.ts'
export type { EventLike, EventSourceConstructor, EventSourceLike } from './connection/connection.ts'
export type { CursorOrigin } from './cursor/cursor.ts'
export type { PersistOption, PersistStorage, StorageLike } from './cursor/persist.ts'
export { SseError, type SseErrorCode } from './errors.ts'
export type { SseChannels, SseGap, SseOpen } from './events/control-events.ts'
export type { Listener, ReportError, SseMeta } from './events/emitter.ts'
export type { Parse, ParseRule } from './events/event-data.ts'
export type {
  SchemaIssue,
  SchemaOutputs,
  StandardSchema,
  StandardSchemaMap,
} from './events/standard-schema.ts'
export type {
  SseEnd,
  SseMember,
  SsePresence,
  SsePresenceEvent,
  SseRecords,
  SseRecordsEvent,
  SseRemoved,
} from './features/types.ts'
export type { HeadersOption, RedirectsOption } from './http/request.ts'
export type { UrlOption } from './http/url.ts'
export type { ShareIdentity, ShareOption } from './share/protocol.ts'
export type { BackoffOptions } from './supervisor/backoff.ts'
export type { SseCloseReason, SseFailure, SseState } from './supervisor/state.ts'
export type {
  EventData,
  EventName,
  PollsOptions,
  ResyncOption,
  SseClient,
  SseClientEvents,
  SseClientOptions,
  SseEvent,
  SseInvalid,
  SseResyncCause,
  SseUnhandled,
} from './types.ts'
