import { RateLimit } from './rate-limit.ts'

const longestTimer = 2 ** 31 - 1

/** A token bucket for each client. One that is full again is forgotten, so that only clients that asked lately take memory. */
export class ClientRates {
  readonly #perSecond: number
  /** Those that were asked last come last. */
  readonly #buckets = new Map<string, RateLimit>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Clients that asked lately. */
  get size(): number {
    return this.#buckets.size
  }

  /** Whether this client may ask now. */
  ready(client: string): boolean {
    return this.#buckets.get(client)?.ready ?? true
  }

  take(client: string): void {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return
    const bucket = this.#buckets.get(client) ?? new RateLimit(this.#perSecond)
    bucket.take()
    this.#buckets.delete(client)
    this.#buckets.set(client, bucket)
    this.#forgetLater()
  }

  /** An empty bucket is full again after a second, or after the time that one token takes. */
  #forgetLater(): void {
    const wait = Math.min(Math.max(1_000, 1_000 / this.#perSecond), longestTimer)
    this.#timer ??= setTimeout(() => this.#forget(), wait).unref()
  }

  #forget(): void {
    this.#timer = undefined
    for (const [client, bucket] of this.#buckets) {
      if (!bucket.full) break
      this.#buckets.delete(client)
    }
    if (this.#buckets.size > 0) this.#forgetLater()
  }
}
