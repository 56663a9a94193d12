import type { SseCloseReason, SseFailure } from './state.ts'

/**
 * What to do after a failure: try again later, ask for new credentials first, try again at once without the cursor, or close for the reason
 * given.
 */
export type Verdict = 'retry' | 'refresh' | 'drop cursor' | SseCloseReason

/** What the verdict depends on besides the failure. */
export interface Circumstances {
  /** The app can get new credentials, and has not just done so. */
  readonly mayRefresh: boolean
  /** The request carried a cursor. */
  readonly hasCursor: boolean
}

/** Statuses below 500 that pass by themselves: Request Timeout, Too Early, Too Many Requests. */
const PASSING = [408, 425, 429]

/** Statuses that a cursor can be the cause of: Bad Request, URI Too Long, Request Header Fields Too Large. */
const CURSOR = [400, 414, 431]

/** The longest time that a server can ask for, in milliseconds: 24.8 days, the longest that a timer can hold. */
export const LONGEST = 2 ** 31 - 1

/**
 * The table of answers. The HTML standard knows only "200 or give up for good" (9.2.3, "fail the connection"); a server that
 * restarts behind a proxy answers 502 for a moment, so this client tells passing from final.
 */
export function judge(failure: SseFailure, { mayRefresh, hasCursor }: Circumstances): Verdict {
  const { code, status = 0, retryAfter } = failure
  if (retryAfter === false || status === 204) return 'ended'
  if (code === 'refresh') return 'unauthorized'
  if (code === 'content-type' || code === 'redirect' || code === 'url') return 'rejected'
  if (code !== 'status') return 'retry'
  if (status === 401 || status === 403) return mayRefresh ? 'refresh' : 'unauthorized'
  if (hasCursor && CURSOR.includes(status)) return 'drop cursor'
  return status >= 500 || PASSING.includes(status) ? 'retry' : 'rejected'
}

/**
 * Milliseconds that a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds or a date), or undefined when there is none or it
 * cannot be read. At most {@link LONGEST}.
 */
export function retryAfter(header: string | null, now: number): number | undefined {
  const text = header ?? ''
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(0, wait), LONGEST)
}
