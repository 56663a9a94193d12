/**
 * An answer instead of a stream. An adapter writes it in the form that the client understands. A native EventSource never retries after a
 * status other than 200, so a refusal that has a `retry` reaches it as a stream that ends at once.
 */
export interface Refusal {
  /** The HTTP status for clients that see one; 204 tells an EventSource to stay away. */
  readonly status: 204 | 400 | 401 | 403 | 406 | 429 | 503
  /** Why, in a sentence for the developer of the client. */
  readonly detail: string
  /** Milliseconds after which the client should retry. Without it, a retry does not help. */
  readonly retry?: number | undefined
}

export const expired: Refusal = { status: 401, detail: 'The credentials of this request have run out.' }

export const nothingForClient: Refusal = { status: 204, detail: 'There is nothing for this client.' }

/** The client was disconnected before anything of its response was on its way. */
export function disconnected(retry: number): Refusal {
  return { status: 503, detail: 'The access of this client has changed.', retry }
}
