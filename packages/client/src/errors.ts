/**
 * Which use was wrong. `overflow` and `closed` say why an iteration ended (see `iterate`). `closed` and `forked` say why
 * `reached` rejects.
 */
export type SseErrorCode =
  | 'invalid-url'
  | 'invalid-option'
  | 'invalid-channel'
  | 'invalid-use'
  | 'overflow'
  | 'closed'
  | 'forked'

/**
 * Thrown by the call that uses the client wrongly. The message says how to correct it, and `value` is the value that was given.
 *
 * Network errors are never thrown. They are in the client's state.
 */
export class SseError extends Error {
  override readonly name = 'SseError'
  readonly code: SseErrorCode
  readonly value: unknown

  constructor(code: SseErrorCode, message: string, value: unknown) {
    super(message)
    this.code = code
    this.value = value
  }
}
