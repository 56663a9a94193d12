import type { Frame } from '../wire/frame.ts'
import type { Refusal } from './refusal.ts'

/**
 * The port between a stream and the response that carries it. An adapter implements it: `@sse/express` has the one for Node's
 * `ServerResponse`. The stream sets `onDrain`, `onClose` and `onError`.
 */
export interface Transport {
  /** Writes status and headers. @throws {SseError} `headers-sent` if the response has already started */
  open(): void
  /** Accepts the frames in any case. Returns `false` when its buffer is full: then write no more until `onDrain`. */
  write(frames: readonly Frame[]): boolean
  /** Bytes that were written and not yet passed to the operating system. */
  readonly pending: number
  /**
   * For transports that answer with one document: `false` as long as nothing of it was sent, so that `refuse` may still be called. Default: an
   * open response has begun.
   */
  readonly begun?: boolean
  /** Whether the response has ended or the client has left. */
  readonly closed: boolean
  /** Called when the buffer has room again after a `write` that returned `false`. */
  onDrain: (() => void) | undefined
  /**
   * Called when the response has ended, with the reason. The default, `client`, means that the client left. The other reasons are for
   * transports that answer and end by themselves.
   */
  onClose: ((end?: 'client' | 'answered' | 'stalled' | 'refused') => void) | undefined
  /** Called with an error that occurs outside of a call by the stream. For transports that answer and end by themselves. */
  onError?: ((error: unknown) => void) | undefined
  /** Ends the response after the bytes written so far. `lastOfConnection` also closes the connection instead of keeping it alive. */
  end(options?: { lastOfConnection?: boolean }): void
  /** Answers the request with a refusal instead of opening a stream. */
  refuse(refusal: Refusal): void
  /** Closes the connection at once and drops the pending bytes. */
  destroy(): void
  /** Called at the first `subscribe`: a position in the log will follow. For transports that answer and end by themselves. */
  subscribed?(): void
  /** Called when the log cannot be read at the moment. For transports that answer and end by themselves. */
  unreadable?(): void
  /** Called whenever everything in the log up to `position` was written. For transports that answer and end by themselves. */
  caughtUp?(position: string): void
}
