import type { Published } from '@sse/core'
import { batchLength } from '@sse/core/internal'
import { newNonce } from '../log/cursor.ts'
import type { NewEntry } from '../log/log.ts'
import type { StoredTexts } from '../log/stored-entry.ts'

/** What one transaction appends at most. All other processes wait meanwhile. */
const mostOfBatch = { entries: 1_024, bytes: 1_048_576 }
/** What may wait while PostgreSQL is away or a turn does not end. */
const mostWaiting = { entries: 100_000, bytes: 67_108_864 }

/** A publish that is not settled. */
export interface PendingPublish extends NewEntry {
  readonly bytes: number
  /** When it is rejected, by the monotonic clock. */
  readonly deadline: number
  readonly outcome: PromiseWithResolvers<Published>
  /** Whether it was sent. Then it may be in the log. */
  sent: boolean
  settled: boolean
  /** Whether an open transaction has published under its key. */
  contended: boolean
  /** Whether an attempt had no reply. */
  unconfirmed: boolean
}

/** The publishes that are not settled, in the order of the calls. Each has a timeout. */
export class PublishQueue {
  readonly #timeout: number
  readonly #timeoutError: (publish: PendingPublish) => unknown
  #waiting: PendingPublish[] = []
  /** Those that are under way. */
  readonly #sent = new Set<PendingPublish>()
  #entries = 0
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  /**
   * @param timeout milliseconds
   * @param timeoutError rejects a publish after its timeout
   */
  constructor(timeout: number, timeoutError: (publish: PendingPublish) => unknown) {
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
  add(texts: StoredTexts, key: string | null): Promise<Published> | undefined {
    const { header, record, data } = texts
    const bytes = Buffer.byteLength(data) + Buffer.byteLength(header) + (record?.length ?? 0)
    if (this.#entries >= mostWaiting.entries || this.#bytes + bytes > mostWaiting.bytes) return undefined
    const publish: PendingPublish = {
      ...{ header, record, data, key, bytes },
      nonce: newNonce(),
      deadline: performance.now() + this.#timeout,
      outcome: Promise.withResolvers(),
      sent: false,
      settled: false,
      contended: false,
      unconfirmed: false,
    }
    this.#waiting.push(publish)
    this.#entries++
    this.#bytes += bytes
    this.#timer ??= this.#expireIn(this.#timeout)
    return publish.outcome.promise
  }

  /** Takes the oldest that wait, as many as one transaction appends. */
  takeBatch(): readonly PendingPublish[] {
    const batch = this.#waiting.splice(0, batchLength(this.#waiting, mostOfBatch))
    for (const publish of batch) {
      publish.sent = true
      this.#sent.add(publish)
    }
    return batch
  }

  resolve(publish: PendingPublish, published: Published): void {
    if (this.#remove(publish)) publish.outcome.resolve(published)
  }

  reject(publish: PendingPublish, error: unknown): void {
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
  #remove(publish: PendingPublish): boolean {
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
