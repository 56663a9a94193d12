import './needs-node.ts'

export * from '@sse/core'
export type { Limits } from '@sse/core/internal'
export { type ChannelsHandler, channels } from './channels.ts'
export type { OwnHeaders } from './exchange.ts'
export type { Origin, Origins, SseOptions } from './options.ts'
export { type OpenStream, sse } from './sse.ts'
