import type { Published } from '../log/broker.ts'
import { batchLength } from './batch.ts'

/** What may wait while the log is away or a turn does not end. */
const mostWaiting = { entries: 100_000, bytes: 67_108_864 }

/** As `PromiseWithResolvers`, which the TypeScript of an app may not know. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(reason: unknown): void
}

/** What the queue knows of a publish that is not settled. */
export interface Pending {
  readonly bytes: number
  /** When it is rejected, by the monotonic clock. */
  readonly deadline: number
  readonly outcome: Deferred<Published>
  /** Whether it was sent. Then it may be in the log. */
  sent: boolean
  settled: boolean
}

/**
 * The publishes that are not settled, in the order of the calls. Each has a timeout.
 *
 * @typeParam P what a broker sends of a publish
 */
export class PublishQueue<P extends object> {
  readonly #timeout: number
  readonly #timeoutError: (publish: P & Pending) => unknown
  #waiting: (P & Pending)[] = []
  /** Those that are under way. */
  readonly #sent = new Set<P & Pending>()
  #entries = 0
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  /**
   * @param timeout milliseconds
   * @param timeoutError rejects a publish after its timeout
   */
  constructor(timeout: number, timeoutError: (publish: P & Pending) => unknown) {
    this.#timeout = timeout
    this.#timeoutError = timeoutError
  }

  get isEmpty(): boolean {
    return this.#entries === 0
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** @returns `undefined` when too many publishes are waiting */
  add(publish: P, bytes: number): Promise<Published> | undefined {
    if (this.#entries >= mostWaiting.entries || this.#bytes + bytes > mostWaiting.bytes) return undefined
    const pending: P & Pending = {
      ...publish,
      bytes,
      deadline: performance.now() + this.#timeout,
      outcome: Promise.withResolvers(),
      sent: false,
      settled: false,
    }
    this.#waiting.push(pending)
    this.#entries++
    this.#bytes += bytes
    this.#timer ??= this.#expireIn(this.#timeout)
    return pending.outcome.promise
  }

  /** Takes the oldest that wait, as many as these limits allow. They count as sent. */
  takeBatch(most: { readonly entries: number; readonly bytes: number }): readonly (P & Pending)[] {
    const batch = this.#waiting.splice(0, batchLength(this.#waiting, most))
    for (const publish of batch) {
      publish.sent = true
      this.#sent.add(publish)
    }
    return batch
  }

  /** A batch was not appended: what is not settled waits again, before all others. */
  requeue(batch: readonly (P & Pending)[]): void {
    const unsettled = batch.filter(({ settled }) => !settled)
    for (const publish of unsettled) {
      publish.sent = false
      this.#sent.delete(publish)
    }
    this.#waiting.unshift(...unsettled)
  }

  resolve(publish: P & Pending, published: Published): void {
    if (this.#remove(publish)) publish.outcome.resolve(published)
  }

  reject(publish: P & Pending, error: unknown): void {
    if (this.#remove(publish)) publish.outcome.reject(error)
  }

  rejectAll(error: unknown): void {
    const all = [...this.#sent, ...this.#waiting]
    this.#waiting = []
    for (const publish of all) this.reject(publish, error)
  }

  #expire(): void {
    const now = performance.now()
    const end = this.#waiting.findIndex(({ deadline }) => deadline > now)
    const expired = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
    for (const publish of [...[...this.#sent].filter(({ deadline }) => deadline <= now), ...expired])
      this.reject(publish, this.#timeoutError(publish))
    const deadlines = [...this.#sent, ...this.#waiting.slice(0, 1)].map(({ deadline }) => deadline)
    this.#timer = deadlines.length > 0 ? this.#expireIn(Math.max(1, Math.min(...deadlines) - now)) : undefined
  }

  /** A reply that arrived while the process was busy is read before anything expires. */
  #expireIn(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => setImmediate(() => this.#expire()), milliseconds)
  }

  /** @returns whether it was not settled yet */
  #remove(publish: P & Pending): boolean {
    this.#sent.delete(publish)
    if (publish.settled) return false
    publish.settled = true
    this.#entries--
    this.#bytes -= publish.bytes
    if (this.#entries === 0) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
    return true
  }
}
