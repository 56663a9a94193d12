/** Loaded when the first stream with something to load connects, beside its connection. */
export { comparePositions, createResync } from '@sse/client/internal'
