/** Loaded beside the page, so that it does not delay it. */
export { followList, renderList } from './list/follow-list.ts'
export { createReceiver, reached } from './stream/receiver.ts'
export { mutations } from './stream/state.ts'
