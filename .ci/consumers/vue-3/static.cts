import { createHub, SseError, type SseStream, sse } from '@sse/express'

/** A CommonJS module in TypeScript that requires our packages. */
const hub = createHub()
export const handlers: readonly unknown[] = [sse({ hub }), SseError]
export const greet = (stream: SseStream): boolean => stream.send({ title: 'Hi' })
