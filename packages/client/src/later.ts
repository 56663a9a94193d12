/** Parts of a connection that few need, loaded together when one of them is needed. */
export { change } from './change.ts'
export { createPolls } from './poll.ts'
export { inSlices } from './slices.ts'
