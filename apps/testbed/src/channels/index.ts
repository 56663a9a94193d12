export { type ChannelModel, playChannels, recordLimits } from './model.ts'
export { compare, type WireFlaw } from './model-client.ts'
export { RecordHistory } from './record-history.ts'
export { hasRecords, type RecordLog, RecordPage } from './record-page.ts'
