import type { Published, SseError } from '@sse/core'
import { batchLength, recordChangeOf, totalBytes } from '@sse/core/internal'
import { largest, TransferSize } from '../connection/transfer-size.ts'
import type { Cursor } from '../log/cursor.ts'
import { newNonce } from '../log/log-state.ts'
import { encodeHeader, type Header } from '../log/stored-entry.ts'

/**
 * How many publishes one script appends at most. Redis does nothing else meanwhile, which is 8 milliseconds for this many. Fewer would cost
 * throughput on a slow network, because one batch is on its way at a time.
 */
const mostOfBatch = 1_024
/** What may wait while Redis is away or a turn does not end. */
const mostWaiting = { entries: 100_000, bytes: 67_108_864 }

/** A publish that is not settled. */
export interface PendingPublish {
  readonly nonce: string
  /** The channels, the event name and the record, as the log stores them. */
  readonly header: string
  readonly data: string
  readonly key: string | undefined
  readonly record: string | undefined
  /** The change that it makes to the records of its channels. */
  readonly change: ReturnType<typeof recordChangeOf>
  readonly bytes: number
  /** When it is rejected, by the monotonic clock. */
  readonly deadline: number
  readonly outcome: PromiseWithResolvers<Published>
  /** Whether it was sent. Then it may be in the log. */
  sent: boolean
  settled: boolean
}

/** The publishes that are not settled, in the order of the calls. Each has a timeout. */
export class PublishQueue {
  readonly #timeout: number
  readonly #timeoutError: (publish: PendingPublish) => unknown
  /** Of a batch. It begins large: one batch is on its way at a time, and a reply may take long. */
  readonly #size = new TransferSize(largest)
  #sentAt = 0
  #waiting: PendingPublish[] = []
  #sent: readonly PendingPublish[] = []
  #entries = 0
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  /** @param timeoutError rejects a publish after its timeout */
  constructor(timeout: number, timeoutError: (publish: PendingPublish) => unknown) {
    this.#timeout = timeout
    this.#timeoutError = timeoutError
  }

  get isEmpty(): boolean {
    return this.#entries === 0
  }

  /** Whether a publish was sent and its outcome is not known. */
  get hasUnconfirmed(): boolean {
    return this.#sent.some(({ settled }) => !settled)
  }

  /** @returns `undefined` when too many publishes are waiting */
  add(entry: Header, data: string, key: string | undefined): Promise<Published> | undefined {
    const header = encodeHeader(entry)
    const bytes = Buffer.byteLength(data) + Buffer.byteLength(header)
    if (this.#entries >= mostWaiting.entries || this.#bytes + bytes > mostWaiting.bytes) return undefined
    const publish: PendingPublish = {
      nonce: newNonce(),
      header,
      data,
      key,
      record: entry.record,
      change: recordChangeOf(entry),
      bytes,
      deadline: performance.now() + this.#timeout,
      outcome: Promise.withResolvers(),
      sent: false,
      settled: false,
    }
    this.#waiting.push(publish)
    this.#entries++
    this.#bytes += bytes
    this.#timer ??= this.#expireIn(this.#timeout)
    return publish.outcome.promise
  }

  /** Takes the oldest that wait, as many as one script appends. They count as sent. */
  takeBatch(): readonly PendingPublish[] {
    const most = { entries: mostOfBatch, bytes: this.#size.bytes }
    this.#sent = this.#waiting.splice(0, batchLength(this.#waiting, most))
    for (const publish of this.#sent) publish.sent = true
    this.#sentAt = performance.now()
    return this.#sent
  }

  /** Settles the batch that was sent. @param outcomes the cursors of its entries, or why they were refused, in its order */
  settle(outcomes: readonly (Cursor | SseError | undefined)[]): void {
    this.#size.moved(totalBytes(this.#sent), performance.now() - this.#sentAt)
    for (const [index, publish] of this.#sent.entries()) {
      const outcome = outcomes[index]
      if (outcome && 'nonce' in outcome) this.#resolve(publish, outcome)
      else this.#reject(publish, outcome ?? this.#timeoutError(publish))
    }
    this.#sent = []
  }

  /** Settles what was sent and is among these entries of the log. */
  confirm(cursors: readonly Cursor[]): void {
    const byNonce = new Map(cursors.map((cursor) => [cursor.nonce, cursor]))
    for (const publish of this.#sent) {
      const cursor = byNonce.get(publish.nonce)
      if (cursor) this.#resolve(publish, cursor)
    }
  }

  /** The connection was lost while the batch was on its way: the next batch is smaller. */
  connectionLost(): void {
    const bytes = totalBytes(this.#sent)
    if (bytes * 2 > this.#size.bytes) this.#size.lost(bytes)
  }

  /** What was sent was not appended: it waits again, before all others. */
  requeue(): void {
    const unsettled = this.#sent.filter(({ settled }) => !settled)
    for (const publish of unsettled) publish.sent = false
    this.#waiting.unshift(...unsettled)
    this.#sent = []
  }

  /** Rejects what was sent without a key, because it cannot be known whether it was appended. */
  rejectUnconfirmed(reason: (publish: PendingPublish) => unknown): void {
    for (const publish of this.#sent) if (publish.key === undefined) this.#reject(publish, reason(publish))
  }

  rejectAll(error: unknown): void {
    for (const publish of [...this.#sent, ...this.#waiting]) this.#reject(publish, error)
    this.#sent = []
    this.#waiting = []
  }

  #expire(): void {
    const now = performance.now()
    const end = this.#waiting.findIndex(({ deadline }) => deadline > now)
    const expired = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
    for (const publish of [...this.#sent.filter(({ deadline }) => deadline <= now), ...expired])
      this.#reject(publish, this.#timeoutError(publish))
    const next = this.#sent.find(({ settled }) => !settled) ?? this.#waiting[0]
    this.#timer = next && this.#expireIn(Math.max(1, next.deadline - now))
  }

  /** A reply that arrived while the process was busy is read before anything expires. */
  #expireIn(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => setImmediate(() => this.#expire()), milliseconds)
  }

  #resolve(publish: PendingPublish, { id, nonce }: Cursor): void {
    if (this.#remove(publish)) publish.outcome.resolve({ id, duplicate: nonce !== publish.nonce })
  }

  #reject(publish: PendingPublish, error: unknown): void {
    if (this.#remove(publish)) publish.outcome.reject(error)
  }

  /** @returns whether it was not settled yet */
  #remove(publish: PendingPublish): boolean {
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
