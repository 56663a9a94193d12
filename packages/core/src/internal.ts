/** For the packages of this toolkit only: these exports may change in any version. */
export type { Limits } from './adapter/admission.ts'
export type { Answer, Head, OwnHeader } from './adapter/answer.ts'
export { documentAnswer, refusalAnswer, streamHead } from './adapter/answer.ts'
export { Endpoint } from './adapter/endpoint.ts'
export type { Exchange } from './adapter/exchange.ts'
export { checkEndpointOptions, type EndpointOptions } from './adapter/options.ts'
export { readsProblems } from './adapter/request.ts'
export { batchLength, totalBytes } from './brokers/batch.ts'
export { busySentence, closedError, logFailure } from './brokers/log-failure.ts'
export {
  checkAmount,
  checkTimeouts,
  type RecordOptions,
  recordLimitsOf,
  type TailOptions,
  tailOf,
} from './brokers/options.ts'
export { PageReads } from './brokers/page-reads.ts'
export { type Deferred, type Pending, PublishQueue } from './brokers/publish-queue.ts'
export { type LosableConnection, ReconnectingConnection } from './brokers/reconnecting-connection.ts'
export { SignalQueue } from './brokers/signal-queue.ts'
export { checkFunction, checkKey, checkNames, checkNumber, checkObject, refuseOption } from './check.ts'
export { checkNode } from './check-node.ts'
export { drawBetween } from './draw-between.ts'
export { show } from './errors.ts'
export { commandChannel } from './log/channel.ts'
export { EndedSet, maxEnded } from './log/ended-channels.ts'
export {
  maxRecords,
  type RecordLimits,
  recordBytes,
  recordChangeOf,
  recordCheckInterval,
  recordsFull,
  removalOf,
  tooManyRecords,
} from './log/records.ts'
export { randomText } from './random-text.ts'
export { Decoder } from './wire/decode.ts'
export { joinFrames } from './wire/frame.ts'
