/** Parts of a client that few pages need. They are one chunk, loaded when the first of them is needed. */
export { postChanges } from './channels/changes.ts'
export { openEventSource } from './connection/event-source.ts'
export { firstPoll, openPolls } from './connection/polls.ts'
