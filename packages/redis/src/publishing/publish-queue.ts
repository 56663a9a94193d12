import type { Published, SseError } from '@sse/core'
import { type Pending, PublishQueue as Queue, recordChangeOf, totalBytes } from '@sse/core/internal'
import { largest, TransferSize } from '../connection/transfer-size.ts'
import type { Cursor } from '../log/cursor.ts'
import { newNonce } from '../log/log-state.ts'
import { encodeHeader, type Header } from '../log/stored-entry.ts'

/**
 * How many publishes one script appends at most. Redis does nothing else meanwhile, which is 8 milliseconds for this many. Fewer would cost
 * throughput on a slow network, because one batch is on its way at a time.
 */
const mostOfBatch = 1_024
interface NewPublish {
  readonly nonce: string
  /** The channels, the event name and the record, as the log stores them. */
  readonly header: string
  readonly data: string
  readonly key: string | undefined
  readonly record: string | undefined
  /** The change that it makes to the records of its channels. */
  readonly change: ReturnType<typeof recordChangeOf>
}

/** A publish that is not settled. */
export type PendingPublish = NewPublish & Pending

/** The publishes that are not settled, in the order of the calls, and the one batch of them that is on its way. Each has a timeout. */
export class PublishQueue {
  readonly #queue: Queue<NewPublish>
  readonly #timeoutError: (publish: PendingPublish) => unknown
  /** Of a batch. It begins large: one batch is on its way at a time, and a reply may take long. */
  readonly #size = new TransferSize(largest)
  #sentAt = 0
  #sent: readonly PendingPublish[] = []

  /** @param timeoutError rejects a publish after its timeout */
  constructor(timeout: number, timeoutError: (publish: PendingPublish) => unknown) {
    this.#queue = new Queue(timeout, timeoutError)
    this.#timeoutError = timeoutError
  }

  get isEmpty(): boolean {
    return this.#queue.isEmpty
  }

  /** Whether a publish was sent and its outcome is not known. */
  get hasUnconfirmed(): boolean {
    return this.#sent.some(({ settled }) => !settled)
  }

  /** @returns `undefined` when too many publishes are waiting */
  add(entry: Header, data: string, key: string | undefined): Promise<Published> | undefined {
    const header = encodeHeader(entry)
    const { record } = entry
    const publish = { nonce: newNonce(), header, data, key, record, change: recordChangeOf(entry) }
    return this.#queue.add(publish, Buffer.byteLength(data) + Buffer.byteLength(header))
  }

  /** Takes the oldest that wait, as many as one script appends. They count as sent. */
  takeBatch(): readonly PendingPublish[] {
    this.#sent = this.#queue.takeBatch({ entries: mostOfBatch, bytes: this.#size.bytes })
    this.#sentAt = performance.now()
    return this.#sent
  }

  /** Settles the batch that was sent. @param outcomes the cursors of its entries, or why they were refused, in its order */
  settle(outcomes: readonly (Cursor | SseError | undefined)[]): void {
    this.#size.moved(totalBytes(this.#sent), performance.now() - this.#sentAt)
    for (const [index, publish] of this.#sent.entries()) {
      const outcome = outcomes[index]
      if (outcome && 'nonce' in outcome) this.#resolve(publish, outcome)
      else this.#queue.reject(publish, outcome ?? this.#timeoutError(publish))
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
    this.#queue.requeue(this.#sent)
    this.#sent = []
  }

  /** Rejects what was sent without a key, because it cannot be known whether it was appended. */
  rejectUnconfirmed(reason: (publish: PendingPublish) => unknown): void {
    for (const publish of this.#sent)
      if (publish.key === undefined) this.#queue.reject(publish, reason(publish))
  }

  rejectAll(error: unknown): void {
    this.#queue.rejectAll(error)
    this.#sent = []
  }

  #resolve(publish: PendingPublish, { id, nonce }: Cursor): void {
    this.#queue.resolve(publish, { id, duplicate: nonce !== publish.nonce })
  }
}
