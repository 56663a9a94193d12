/**
 * Why the connection is not open. Plain data, so that it can be shown, logged and kept in a store.
 *
 * - `network`: there was no answer, or the stream broke. `ended`: the server ended the stream or asked the client to leave.
 * - `status`: the status was not 200. `content-type`: the status was 200, but the body is not an event stream.
 * - `silence`: no answer, no byte of the stream, or no result of `refresh` arrived in time.
 * - `redirect`: a redirect leads to another origin. `url`: the function for the URL returned one that cannot work.
 * - `overflow`: a line or an event has more than `maxEventBytes`.
 * - `refused`: a native EventSource gave up without a reason. `refresh`: `refresh` rejected.
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
  /** What happened, for people. */
  readonly message: string
  /** The HTTP status, with `code: 'status'`. */
  readonly status?: number
  /** The server asked the client to reconnect after so many milliseconds, or (`false`) not to reconnect. */
  readonly retryAfter?: number | false | undefined
}

/**
 * Why a client has closed for good.
 *
 * - `closed`: the app called `close()`. `ended`: the server ended the stream for good (204, `sse.close`).
 * - `unauthorized`: 401 or 403, and `refresh` could not help. `rejected`: another 4xx, no event stream, or a redirect to another origin.
 * - `exhausted`: `maxAttempts` failed in a row.
 */
export type SseCloseReason = 'closed' | 'ended' | 'unauthorized' | 'rejected' | 'exhausted'

/** The state of a client. Every change is emitted as `sse.state`. */
export type SseState =
  /** `connect()` was not called yet. */
  | { readonly status: 'idle' }
  /** An attempt is running. `attempt` counts the failed ones before it, in a row. */
  | { readonly status: 'connecting'; readonly attempt: number }
  /** The stream is open since `openedAt`, in milliseconds since the epoch. */
  | { readonly status: 'open'; readonly openedAt: number }
  /** The next attempt starts at `retryAt`, in milliseconds since the epoch. `attempt` attempts have failed in a row. */
  | {
      readonly status: 'waiting'
      readonly attempt: number
      readonly retryAt: number
      readonly error: SseFailure
    }
  /** Until the next `connect()`. `error` is missing when the app itself closed. */
  | { readonly status: 'closed'; readonly reason: SseCloseReason; readonly error?: SseFailure }
