import { inspect } from 'node:util'
import type { SchemaIssue } from './standard-schema.ts'
import type { StreamEnd } from './stream/sse-stream.ts'

/** The kind of an error, for programs. */
export type SseErrorCode =
  | 'invalid-event'
  | 'invalid-id'
  | 'invalid-retry'
  | 'invalid-data'
  | 'invalid-channel'
  | 'invalid-cursor'
  | 'invalid-key'
  | 'invalid-option'
  | 'event-too-large'
  | 'too-many-channels'
  | 'too-many-records'
  | 'invalid-record'
  | 'id-on-subscribed-stream'
  | 'headers-sent'
  | 'no-hub'
  | 'not-ready'
  | 'busy'
  | 'closed'
  | 'invalid-transaction'
  | 'rolled-back'
  | 'log-locked'
  | 'log-busy'
  | 'log-full'
  | 'log-read-only'
  | 'log-corrupt'
  | 'log-gone'
  | 'log-failed'
  | 'log-unreachable'

/** The error class of this toolkit: a code, the offending value, and a message that says what to do instead. */
export class SseError extends Error {
  /** `SseError`, or `AbortError` if it is the reason of a signal. */
  override readonly name: string
  /** The kind of the error, or the reason why a stream ended. */
  readonly code: SseErrorCode | StreamEnd
  /** The value that was refused; `undefined` if no value caused the error. */
  declare readonly value: unknown
  /** The issues that a schema found in the value; `undefined` if no schema was used. */
  declare readonly issues: readonly SchemaIssue[] | undefined

  constructor(
    code: SseErrorCode | StreamEnd,
    message: string,
    options: {
      readonly value?: unknown
      readonly cause?: unknown
      readonly issues?: readonly SchemaIssue[] | undefined
      readonly name?: 'AbortError' | undefined
    } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = options.name ?? 'SseError'
    this.code = code
    // What there is not is no property either, so that a printed error does not show it.
    if ('value' in options) this.value = options.value
    if (options.issues) this.issues = options.issues
  }
}

/** Formats a value for a message: as JSON where possible, and in at most 80 characters. A function is shown by its name. */
export function show(value: unknown): string {
  let text: string | undefined
  try {
    if (typeof value === 'function') text = `the function ${String(value.name || 'without a name')}`
    else if (typeof value === 'string') text = JSON.stringify(value)
    text ??= typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
  } catch {
    text = inspect(value, { depth: 0, customInspect: false })
  }
  return text !== undefined && text.length > 80 ? `${text.slice(0, 77)}…` : String(text)
}
