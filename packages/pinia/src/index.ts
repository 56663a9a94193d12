export * from '@sse/vue'
export { createSse, type SsePlugin } from './plugin.ts'
export type { ActionFor, SseEvents, SseMapping, SseStoreOptions } from './types.ts'
