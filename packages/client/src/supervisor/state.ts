/**
 * Why the connection is not open. Plain data, so that it can be shown, logged and kept in a store.
 *
 * - `network`: no answer, or the stream broke off. `ended`: the server ended the stream or asked us to leave.
 * - `status`: an answer other than 200. `content-type`: 200, but not an event stream.
 * - `silence`: nothing was heard in time: no answer, no byte of the stream, or no end of `refresh`.
 * - `redirect`: a redirect leads to another origin. `url`: the function for the URL gave one that cannot work.
 * - `overflow`: a line or an event has more than `maxEventBytes`.
 * - `refused`: a native EventSource gave up and does not say why. `refresh`: `refresh` rejected.
 */
export interface SseFailure {
  readonly code:
    | 'network'
    | 'ended'
    | 'status'
    | 'content-type'
    | 'silence'
    | 'redirect'
    | 'url'
    | 'overflow'
    | 'refused'
    | 'refresh'
  /** For people: what happened, in the words of whoever knew it. */
  readonly message: string
  /** The HTTP status, with `code: 'status'`. */
  readonly status?: number
  /** What the server asked for: come back after so many milliseconds, or (`false`) stay away. */
  readonly retryAfter?: number | false | undefined
}

/**
 * Why a client has closed for good.
 *
 * - `closed`: by `close()`. `ended`: the server said so (204, `sse.close`).
 * - `unauthorized`: 401 or 403, and `refresh` could not help. `rejected`: another 4xx, not an event stream, or a redirect elsewhere.
 * - `exhausted`: `maxAttempts` failed in a row.
 */
export type SseCloseReason = 'closed' | 'ended' | 'unauthorized' | 'rejected' | 'exhausted'

/** Where a client stands. Every change is told as `sse.state`. */
export type SseState =
  /** `connect()` was not called yet. */
  | { readonly status: 'idle' }
  /** An attempt is under way. `attempt` counts the failed ones before it, in a row. */
  | { readonly status: 'connecting'; readonly attempt: number }
  /** Since `openedAt`, in milliseconds since the epoch. */
  | { readonly status: 'open'; readonly openedAt: number }
  /** The next attempt is at `retryAt`, in milliseconds since the epoch; `attempt` have failed in a row. */
  | {
      readonly status: 'waiting'
      readonly attempt: number
      readonly retryAt: number
      readonly error: SseFailure
    }
  /** Until the next `connect()`. `error` is missing when the app itself closed. */
  | { readonly status: 'closed'; readonly reason: SseCloseReason; readonly error?: SseFailure }
