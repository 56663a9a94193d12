/** Parts of a client that few pages need. They are one chunk, loaded when the first of them is needed. */
export { changeChannels } from './channels/changes.ts'
export { openEventSource } from './connection/event-source.ts'
export { firstPoll, openPolls } from './connection/polls.ts'
export { createFeatures } from './features/features.ts'
export { loadParts } from './load-parts.ts'
export { reached } from './resync/reached.ts'
