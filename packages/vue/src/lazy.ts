/** Loaded beside the page, so that it does not delay it. */
export { followList, renderList } from './list/follow-list.ts'
export { createReceiver } from './stream/receiver.ts'
