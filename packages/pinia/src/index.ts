export * from '@sse/vue'
export { createSse, type SsePlugin } from './plugin.ts'
export type { ActionFor, SseChannels, SseEvents, SseMapping, SseStoreOptions } from './types.ts'
