import './needs-node.ts'

export * from '@sse/core'
export type { Limits } from './admission/admission.ts'
export type { Origin, Origins } from './admission/origins.ts'
export type {} from './augment.ts'
export { channels } from './channels.ts'
export type { SseOptions } from './options.ts'
export { type SseHandler, sse } from './sse.ts'
