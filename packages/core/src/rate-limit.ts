/**
 * How often each client may do something: a token bucket per client, which fills at a rate and holds a second's worth, at least one token. What
 * one client does takes nothing from another. Full buckets are forgotten, so only clients that asked lately take memory.
 */
export class RateLimit {
  readonly #perSecond: number
  readonly #capacity: number
  readonly #now: () => number
  /** How many tokens a client had, and when. The client that asked last comes last. */
  readonly #buckets = new Map<string, { readonly tokens: number; readonly at: number }>()

  /** @param now a clock that never goes back, in milliseconds */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond
    this.#capacity = Math.max(1, perSecond)
    this.#now = now
  }

  /** How many clients are remembered. */
  get size(): number {
    return this.#buckets.size
  }

  /** Whether this client has a token. */
  allows(client: string): boolean {
    return this.#tokens(client) >= 1
  }

  /** Takes a token if this client has one. */
  take(client: string): boolean {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return true
    const tokens = this.#tokens(client)
    if (tokens < 1) return false
    this.#buckets.delete(client)
    this.#buckets.set(client, { tokens: tokens - 1, at: this.#now() })
    this.#forgetFull()
    return true
  }

  #tokens(client: string): number {
    const bucket = this.#buckets.get(client)
    if (!bucket) return this.#capacity
    return Math.min(this.#capacity, bucket.tokens + ((this.#now() - bucket.at) * this.#perSecond) / 1_000)
  }

  /** Clients that asked earlier come first, so the search ends at the first bucket that is not full. */
  #forgetFull(): void {
    for (const client of this.#buckets.keys()) {
      if (this.#tokens(client) < this.#capacity) return
      this.#buckets.delete(client)
    }
  }
}
