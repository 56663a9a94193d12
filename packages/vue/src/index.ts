export * from '@sse/client'
export type { ChannelName } from './components/channel-name.ts'
export type { AppLike } from './components/lifetime.ts'
export { type SseRefs, useSse, useSseEvent } from './components/use-sse.ts'
export { type SseChannelRefs, useSseChannel } from './components/use-sse-channel.ts'
export {
  type SsePresenceRefs,
  type SseRecordsRefs,
  usePresence,
  useSseRecords,
} from './components/use-sse-records.ts'
export { createSse } from './create-sse.ts'
export type { DehydratedList, DehydratedSse } from './list/dehydrated.ts'
export {
  type ListChanges,
  type ListKey,
  type ListTarget,
  type LoadedList,
  type SseList,
  type SseListOptions,
  useSseList,
} from './list/use-sse-list.ts'
export type { Register, RegisteredEvents } from './register.ts'
export type { ConnectPayload } from './stream/session.ts'
export type { SseEntry, SseStreamState } from './stream/state.ts'
export type {
  DeliveryOptions,
  SharedOptions,
  SharedSseOptions,
  Sse,
  SseMethods,
  SseOptions,
  SsePlugin,
  SseSource,
  SseStoreRecords,
  StreamOptions,
} from './types.ts'
