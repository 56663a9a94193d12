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
  /** Whether anything of the answer is on its way, so that `refuse` would come too late. */
  readonly begun: boolean
  /** Whether the response is over, or its client gone. */
  readonly closed: boolean
  /** Called when there is room again after a `write` that answered `false`. */
  onDrain: (() => void) | undefined
  /** Called once, when the response is over: `answered` by a transport that has said all it ever will, else because the client left. */
  onClose: ((end?: 'client' | 'answered') => void) | undefined
  /** Ends the response after what was written; `lastOfConnection` closes the connection too, instead of keeping it alive. */
  end(options?: { lastOfConnection?: boolean }): void
  /** Answers this instead of opening a stream. */
  refuse(refusal: Refusal): void
  /** Cuts the connection at once, dropping what is pending. */
  destroy(): void
  /** Told whenever everything in the log up to `position` was written; for transports that answer and end. */
  caughtUp?(position: string): void
}
