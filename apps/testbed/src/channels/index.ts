export { type ChannelModel, playChannels } from './model.ts'
export { hasRecords, type RecordLog, RecordPage } from './record-page.ts'
