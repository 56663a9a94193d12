/** What the packages for Vue share with the client. It may change in any version. */
export { comparePositions } from './resync/compare-positions.ts'
export {
  type Consumer,
  type ConsumerOptions,
  consumed,
  createConsumer,
  type Outlet,
  type SharedClient,
} from './resync/consumer.ts'
export type { ReceivedEvent } from './resync/resync.ts'
