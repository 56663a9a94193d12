import type { SseCloseReason, SseFailure } from './state.ts'

/**
 * The next step after a failure: try again later, get new credentials first, try again at once without the cursor, or close for the given
 * reason.
 */
export type Decision = 'retry' | 'refresh' | 'drop cursor' | SseCloseReason

/** What the decision depends on besides the failure. */
export interface Circumstances {
  /** The app can get new credentials, and has not just done so. */
  readonly mayRefresh: boolean
  /** The request carried a cursor. */
  readonly hasCursor: boolean
}

/** Statuses below 500 that are temporary: Request Timeout, Too Early, Too Many Requests. */
const TEMPORARY = [408, 425, 429]

/** Statuses that a cursor can cause: Bad Request, URI Too Long, Request Header Fields Too Large. */
const CURSOR = [400, 414, 431]

/**
 * The status policy. The HTML standard closes for good on any status but 200 (9.2.3, "fail the connection"). A server that restarts behind a
 * proxy answers 502 for a moment, so this client tells temporary statuses from final ones.
 */
export function decide(failure: SseFailure, { mayRefresh, hasCursor }: Circumstances): Decision {
  const { code, status = 0, retryAfter } = failure
  if (retryAfter === false || status === 204) return 'ended'
  if (code === 'refresh') return 'unauthorized'
  if (code === 'content-type' || code === 'redirect' || code === 'url') return 'rejected'
  if (code !== 'status') return 'retry'
  if (status === 401 || status === 403) return mayRefresh ? 'refresh' : 'unauthorized'
  if (hasCursor && CURSOR.includes(status)) return 'drop cursor'
  return status >= 500 || TEMPORARY.includes(status) ? 'retry' : 'rejected'
}
