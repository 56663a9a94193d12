import { SseError } from '../errors.ts'
import type { SseFailure } from '../supervisor/state.ts'

/** A rejection within a connection that knows how its failure is told. Any other rejection is told as a network error. */
export class Failure extends Error {
  readonly failure: SseFailure

  constructor(failure: SseFailure) {
    super(failure.message)
    this.failure = failure
  }
}

export function toFailure(error: unknown): SseFailure {
  if (error instanceof Failure) return error.failure
  // The function for the URL gave one that can never work: it would be no better at the next attempt.
  if (error instanceof SseError) return { code: 'url', message: error.message }
  const { cause } = Object(error) as { readonly cause?: unknown }
  // `fetch` in Node says "fetch failed", and the reason in the cause.
  return { code: 'network', message: cause ? `${messageOf(error)}: ${messageOf(cause)}` : messageOf(error) }
}

const messageOf = (error: unknown): string => (error instanceof Error && error.message) || String(error)
