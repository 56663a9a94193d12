import './needs-node.ts'

export * from '@sse/core'
export type { Limits } from '@sse/core/internal'
export { channels } from './channels.ts'
export type { Origin, Origins, SseOptions } from './options.ts'
export type {} from './res-sse.ts'
export { type SseHandler, sse } from './sse.ts'
