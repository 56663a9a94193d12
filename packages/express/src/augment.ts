import type { RegisteredEvents, SseStream } from '@sse/core'

declare global {
  namespace Express {
    interface Response {
      /** The event stream of this response: nothing is allocated, written or decided until it is used. */
      readonly sse: SseStream<RegisteredEvents>
    }
  }
}
