export * from '@sse/core'
export type {} from './augment.ts'
export { type SseOptions, sse } from './sse.ts'
