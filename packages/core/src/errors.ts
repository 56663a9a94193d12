import { inspect } from 'node:util'
import type { SchemaIssue } from './standard-schema.ts'
import type { StreamEnd } from './stream/sse-stream.ts'

/** What went wrong, as a word a program can switch on. */
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

/** The one error of the toolkit: a code, the offending value, and a message that names the way out. */
export class SseError extends Error {
  /** `SseError`; `AbortError` where it is the reason of a signal. */
  override readonly name: string
  /** What went wrong, or why a stream ended. */
  readonly code: SseErrorCode | StreamEnd
  /** The value that was refused, as it was given; `undefined` where no value is to blame. */
  readonly value: unknown
  /** What a schema found wrong with the value; `undefined` where no schema was asked. */
  readonly issues: readonly SchemaIssue[] | undefined

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
    this.value = options.value
    this.issues = options.issues
  }
}

/** A value as it can stand in a message: JSON where that is possible, and never long. */
export function show(value: unknown): string {
  let text: string | undefined
  try {
    text = typeof value === 'string' ? JSON.stringify(value) : undefined
    text ??= typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
  } catch {
    text = inspect(value, { depth: 0, customInspect: false })
  }
  return text !== undefined && text.length > 80 ? `${text.slice(0, 77)}…` : String(text)
}
