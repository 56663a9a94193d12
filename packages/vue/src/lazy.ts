/** Loaded beside the first connection, so that it does not delay the page. */
export { comparePositions, consumed, createConsumer } from '@sse/client/internal'
export { followList, renderList } from './list/follow-list.ts'
export { createDispatcher } from './stream/dispatcher.ts'
