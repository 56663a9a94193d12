export { type ChannelModel, playChannels, recordLimits } from './model.ts'
export type { WireFlaw } from './model-client.ts'
export { hasRecords, type RecordLog, RecordPage } from './record-page.ts'
