import type { SseError, SseStream } from '@sse/express'

/** The callbacks of Spring's `SseEmitter`. There is one thread here: a plain Set of emitters needs no lock. */
export interface EmitterCallbacks {
  /** Last of all, however it ended. */
  readonly onCompletion?: () => void
  /** Its time was over. The client will be back, with a new emitter. */
  readonly onTimeout?: () => void
  /** It ended before the server ended it: the client left (`client`), took nothing (`stalled`), and so on. */
  readonly onError?: (reason: SseError['code']) => void
}

/** What of `SseEmitter` a stream does not have by itself. `stream.signal` is aborted once, at its end, with an `SseError` whose code is the reason. */
export function whenEnded(
  { signal }: SseStream,
  { onCompletion, onTimeout, onError }: EmitterCallbacks,
): void {
  signal.addEventListener('abort', () => {
    const { code }: SseError = signal.reason
    if (code === 'expired') onTimeout?.()
    else if (code !== 'closed') onError?.(code)
    onCompletion?.()
  })
}
