import type { SseCloseReason, SseFailure } from './state.ts'

/** What to do after a failure: try again later, ask for new credentials first, or close for the reason given. */
export type Verdict = 'retry' | 'refresh' | SseCloseReason

/** Statuses below 500 that pass by themselves: Request Timeout, Too Early, Too Many Requests. */
const PASSING = [408, 425, 429]

/**
 * The table of answers. The HTML standard knows only "200 or give up for good" (9.2.3, "fail the connection"); a server that
 * restarts behind a proxy answers 502 for a moment, so this client tells passing from final.
 *
 * @param mayRefresh whether new credentials can still be asked for
 */
export function judge({ code, status = 0, retryAfter }: SseFailure, mayRefresh: boolean): Verdict {
  if (retryAfter === false || status === 204) return 'ended'
  if (code === 'refresh') return 'unauthorized'
  if (code === 'content-type') return 'rejected'
  if (code !== 'status') return 'retry'
  if (status === 401 || status === 403) return mayRefresh ? 'refresh' : 'unauthorized'
  return status >= 500 || PASSING.includes(status) ? 'retry' : 'rejected'
}

/**
 * Milliseconds that a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds or a date), or undefined when there is none or it
 * cannot be read.
 */
export function retryAfter(header: string | null, now: number): number | undefined {
  const text = header ?? ''
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(wait) ? undefined : Math.max(0, wait)
}
