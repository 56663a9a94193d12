/** What was used wrongly; `overflow` and `closed`: why an iteration ended (see `iterate`). */
export type SseErrorCode =
  | 'invalid-url'
  | 'invalid-option'
  | 'invalid-channel'
  | 'invalid-use'
  | 'overflow'
  | 'closed'

/**
 * Thrown at the call that uses the client wrongly. The message names the way out, `value` is what was given.
 *
 * What the network does is never thrown: it shows in the client's state.
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
