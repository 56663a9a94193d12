export * from '@sse/vue'
export type {} from './components/component-properties.ts'
export { useSse, useSseEvent } from './components/composables.ts'
export { createSse, type SsePlugin } from './plugin.ts'
export type {
  SseChannelMappings,
  SseChannelTarget,
  SseMapping,
  SseMappings,
  SseTarget,
} from './store/mapping.ts'
export type { ActionFor, MutationFor } from './store/register.ts'
export type { StoreLike } from './store/store.ts'
export type { SharedSseOptions, Sse, SseModuleState, SseOptions, SseResync, SseResyncCause } from './types.ts'
