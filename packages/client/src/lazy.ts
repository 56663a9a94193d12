/** Parts of a connection that few need, loaded together when one of them is needed. */
export { tellChanges } from './channels/changes.ts'
export { openEventSource } from './connection/event-source.ts'
export { firstPoll, openPolls } from './connection/polls.ts'
