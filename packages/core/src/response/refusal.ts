/**
 * The answer to a request whose stream is not opened. An adapter writes it in the form that the client understands. A native EventSource never
 * retries after a status other than 200. So it gets a refusal with a `retry` as a stream that ends at once.
 */
export interface Refusal {
  /** The HTTP status, for clients that can read it; 204 tells an EventSource not to reconnect. */
  readonly status: 204 | 400 | 401 | 403 | 406 | 429 | 503
  /** The reason, in a sentence for the developer of the client. */
  readonly detail: string
  /** Milliseconds after which the client should retry. Without it, a retry does not help. */
  readonly retry?: number | undefined
}

export const expired: Refusal = { status: 401, detail: 'The credentials of this request have expired.' }

export const nothingForClient: Refusal = { status: 204, detail: 'There is nothing for this client.' }

/** For a client that was disconnected before anything of its response was sent. */
export function disconnected(retry: number): Refusal {
  return { status: 503, detail: 'The access of this client has changed.', retry }
}
