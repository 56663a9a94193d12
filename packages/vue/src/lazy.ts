/** Loaded beside the page, so that it does not delay it. */
export { followList, renderList } from './list/follow-list.ts'
export { followChannel } from './stream/follow-channel.ts'
export { mutations } from './stream/mutations.ts'
export { createReceiver, reached } from './stream/receiver.ts'
