import type { Frame } from '../wire/frame.ts'
import type { Refusal } from './refusal.ts'

/**
 * The port between a stream and the response that carries it. An adapter (`@sse/express` has the one for Node's
 * `ServerResponse`) implements it; the stream sets `onDrain` and `onClose`.
 */
export interface Transport {
  /** Writes status and headers. @throws {SseError} `headers-sent` when the response was started already. */
  open(): void
  /** Takes the frames in any case; `false` says that it is full: write no more before `onDrain`. */
  write(frames: readonly Frame[]): boolean
  /** Bytes taken and not yet handed to the operating system. */
  readonly pending: number
  /**
   * For transports that answer as one document: `false` as long as nothing of it is on its way, so that `refuse` may still be called. Default:
   * an open response has begun.
   */
  readonly begun?: boolean
  /** Whether the response is over, or its client gone. */
  readonly closed: boolean
  /** Called when there is room again after a `write` that answered `false`. */
  onDrain: (() => void) | undefined
  /**
   * Called when the response is over, with the reason: `client`, the default, when the client left. The others are for transports that
   * answer and end by themselves.
   */
  onClose: ((end?: 'client' | 'answered' | 'stalled' | 'refused') => void) | undefined
  /** Called with what was thrown outside of a call of the stream's, for transports that answer and end by themselves. */
  onError?: ((error: unknown) => void) | undefined
  /** Ends the response after what was written; `lastOfConnection` closes the connection too, instead of keeping it alive. */
  end(options?: { lastOfConnection?: boolean }): void
  /** Answers this instead of opening a stream. */
  refuse(refusal: Refusal): void
  /** Cuts the connection at once, dropping what is pending. */
  destroy(): void
  /** Called when the stream is put on channels for the first time, so that a position will be told; for transports that answer and end. */
  subscribed?(): void
  /** Called when the log cannot be read now; for transports that answer and end. */
  unreadable?(): void
  /** Told whenever everything in the log up to `position` was written; for transports that answer and end. */
  caughtUp?(position: string): void
}
