/** Parts of a connection that few need, loaded together when one of them is needed. */
export { tellChanges } from './change.ts'
export { openEventSource } from './event-source.ts'
export { firstPoll, openPolls } from './poll.ts'
