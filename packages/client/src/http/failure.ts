import { SseError } from '../errors.ts'
import type { SseFailure } from '../supervisor/state.ts'

/** An error within a connection that brings its own {@link SseFailure}. Any other error becomes a `network` failure. */
export class Failure extends Error {
  readonly failure: SseFailure

  constructor(failure: SseFailure) {
    super(failure.message)
    this.failure = failure
  }
}

export function toFailure(error: unknown): SseFailure {
  if (error instanceof Failure) return error.failure
  // The function for the URL returned one that can never work. The next attempt would not help.
  if (error instanceof SseError) return { code: 'url', message: error.message }
  const { cause } = Object(error) as { readonly cause?: unknown }
  // In Node `fetch` says "fetch failed", and the reason is in the cause.
  return { code: 'network', message: cause ? `${messageOf(error)}: ${messageOf(cause)}` : messageOf(error) }
}

export const messageOf = (error: unknown): string =>
  (error instanceof Error && error.message) || String(error)
