/** What the packages for Vue share with the client. It may change in any version. */
export { comparePositions } from './resync/compare-positions.ts'
export { createResync, type ReceivedEvent, type Resync, type ResyncHost } from './resync/resync.ts'
