/**
 * An answer instead of a stream. An adapter writes it in the form that the client understands: a native EventSource stays away for good
 * after any status but 200, so a refusal that has a `retry` reaches it as a stream that ends at once.
 */
export interface Refusal {
  /** The HTTP status for clients that see one; 204 tells an EventSource to stay away. */
  readonly status: 204 | 400 | 401 | 403 | 406 | 429 | 503
  /** Why, in a sentence for the developer of the client. */
  readonly detail: string
  /** Milliseconds after which the client shall try again. Without it, trying again does not help. */
  readonly retry?: number | undefined
}
