import { setTimeout as delay } from 'node:timers/promises'
import { type Published, SseError } from '@sse/core'
import {
  busySentence,
  closedError,
  logFailure,
  type Pending,
  PublishQueue,
  recordsFull,
  tooManyRecords,
} from '@sse/core/internal'
import { failure, stateOf } from '../failure.ts'
import { formatId, newNonce, type Position } from '../log/cursor.ts'
import type { Log, NewEntry, Outcome } from '../log/log.ts'
import { decodeEntry, type StoredTexts } from '../log/stored-entry.ts'

/** What one transaction appends at most. All other processes wait meanwhile. */
const mostOfBatch = { entries: 1_024, bytes: 1_048_576 }
/** Milliseconds before a batch is tried again: the first, doubled after each failure, and the limit. */
const backoff = { base: 20, max: 500 }
/** Milliseconds that a batch waits for an open transaction that has published under one of its keys. */
const keyWait = 20
const unconfirmed =
  'has not replied in time, so the event may be in it or not: publish it again under the same idempotencyKey'

interface NewPublish extends NewEntry {
  /** Whether an open transaction has published under its key. */
  contended: boolean
  /** Whether an attempt had no reply. */
  unconfirmed: boolean
}

type PendingPublish = NewPublish & Pending

export interface WriterOptions {
  readonly log: Log
  readonly timeout: number
  /** Bytes that all records may have. */
  readonly recordBytes: number
  /** The newest position that was received. */
  readonly position: () => bigint
  /** Called when something was appended. */
  readonly onAppended: (newest: Position) => void
  /** Called when an attempt has failed. */
  readonly onFailed: () => void
}

/**
 * Group commit: publishes that are made while a batch is under way are appended as the next batch, by one transaction. If the reply to a batch
 * is lost, it is sent again: the log finds by the nonces what it has appended already.
 */
export class Writer {
  readonly #options: WriterOptions
  readonly #queue: PublishQueue<NewPublish>
  readonly #closing = new AbortController()
  #error: unknown
  #running: Promise<void> | undefined
  /** Publishes that wait for transactions that have published under their keys. */
  readonly #waiting = new Set<Promise<void>>()

  constructor(options: WriterOptions) {
    this.#options = options
    this.#queue = new PublishQueue(options.timeout, this.#timeoutError)
  }

  publish(texts: StoredTexts, key: string | null): Promise<Published> {
    const { header, record, data } = texts
    const bytes = Buffer.byteLength(data) + Buffer.byteLength(header) + (record?.length ?? 0)
    const publish = { header, record, data, key, nonce: newNonce(), contended: false, unconfirmed: false }
    const promise = this.#queue.add(publish, bytes)
    if (!promise) return Promise.reject(logFailure('log-busy', this.#options.log.name, busySentence))
    this.#running ??= this.#run()
    return promise
  }

  /** Resolves when all publishes are settled. @param isUp whether the log can be reached; else they are rejected */
  async close(isUp: boolean): Promise<void> {
    this.#closing.abort(closedError())
    if (!isUp || this.#error !== undefined) this.#queue.rejectAll(closedError())
    await Promise.all([this.#running, ...this.#waiting])
  }

  async #run(): Promise<void> {
    // The publishes of this turn are one batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.hasWaiting) await this.#append(this.#queue.takeBatch(mostOfBatch), keyWait)
    // No await between the last look at the queue and this: a later publish runs again.
    this.#running = undefined
  }

  /**
   * Tries until the batch is settled. Each attempt names a position before the first attempt, so the log finds what another attempt has appended.
   * Attempts may arrive in any order, because a network may hold one back.
   *
   * @param sentAfter if a part of the batch was sent before and may be in the log: a position before it
   */
  async #append(all: readonly PendingPublish[], wait: number, sentAfter?: bigint): Promise<void> {
    let after = sentAfter ?? this.#options.position()
    let isUnconfirmed = sentAfter !== undefined
    for (let failures = 0; ; failures++) {
      const batch = all.filter(({ settled }) => !settled)
      if (batch.length === 0) return
      try {
        const { log } = this.#options
        const appended = await log.append(batch, { after, wait })
        this.#error = undefined
        if (appended === 'contended') await this.#separate(batch, after)
        else {
          this.#settle(batch, appended.outcomes)
          const newest = newestOf(appended.outcomes, appended.drained)
          if (newest) this.#options.onAppended(newest)
        }
        return
      } catch (error) {
        if (isTrimmed(error) && !isUnconfirmed) {
          // This process lags behind what was trimmed. Nothing was appended.
          after = await this.#headOr(after)
          continue
        }
        if (!isPassing(error)) {
          for (const publish of batch)
            this.#queue.reject(publish, isTrimmed(error) ? this.#timeoutError(publish) : error)
          return
        }
        this.#error = error
        this.#options.onFailed()
        isUnconfirmed = true
        for (const publish of batch) publish.unconfirmed = true
        const milliseconds = Math.min(backoff.base * 2 ** failures, backoff.max)
        await delay(milliseconds * (0.5 + Math.random()), undefined, { signal: this.#closing.signal }).catch(
          () => {},
        )
        if (this.#closing.signal.aborted) {
          for (const publish of batch) this.#queue.reject(publish, closedError())
          return
        }
      }
    }
  }

  /** Publishes with keys wait for the other transaction by themselves, and delay no others. */
  async #separate(batch: readonly PendingPublish[], sentAfter: bigint | undefined): Promise<void> {
    const others = batch.filter(({ key }) => key === null)
    for (const publish of batch)
      if (publish.key !== null && !publish.contended) {
        const waiting = this.#waitForKey(publish, sentAfter).finally(() => this.#waiting.delete(waiting))
        this.#waiting.add(waiting)
      }
    if (others.length > 0) await this.#append(others, keyWait, sentAfter)
  }

  async #waitForKey(publish: PendingPublish, sentAfter: bigint | undefined): Promise<void> {
    publish.contended = true
    while (!publish.settled) {
      if (this.#closing.signal.aborted) return this.#queue.reject(publish, closedError())
      const left = Math.max(1, Math.round(publish.deadline - performance.now()))
      await this.#append([publish], Math.min(left, 250), sentAfter)
    }
  }

  #settle(batch: readonly PendingPublish[], outcomes: ReadonlyMap<number, Outcome>): void {
    for (const [index, publish] of batch.entries()) {
      const outcome = outcomes.get(index)
      if (outcome?.type === 'appended' || outcome?.type === 'repeated') {
        const duplicate = outcome.type === 'repeated'
        this.#queue.resolve(publish, { id: formatId(outcome), duplicate })
      } else if (outcome?.type === 'refused')
        this.#queue.reject(publish, this.#refusalOf(publish, outcome.by))
      // Another attempt has appended the rest of the batch, and this one is not among it.
      else this.#queue.reject(publish, this.#timeoutError(publish))
    }
  }

  #refusalOf(publish: PendingPublish, by: 'channel' | 'bytes'): SseError {
    const { channels, record = '' } = decodeEntry(publish)
    return by === 'bytes'
      ? recordsFull(this.#options.recordBytes, record)
      : tooManyRecords(channels[0] ?? '', record)
  }

  /** The head of the log, or a position if it cannot be read. */
  async #headOr(position: bigint): Promise<bigint> {
    try {
      return (await this.#options.log.state()).head.position
    } catch {
      return position
    }
  }

  readonly #timeoutError = (publish: PendingPublish): SseError => {
    if (this.#closing.signal.aborted) return closedError()
    const { log } = this.#options
    const error = this.#error
    // Nothing was appended.
    if (error instanceof SseError && error.code !== 'log-unreachable') return error
    if (publish.contended && !publish.unconfirmed) return failure('log-locked', log.name)
    if (publish.sent) return failure('log-unreachable', log.name, unconfirmed, error)
    return error instanceof SseError ? error : failure('log-unreachable', log.name)
  }
}

/** Whether the same attempt may succeed. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof SseError &&
    !isTrimmed(error) &&
    (error.code === 'log-unreachable' || error.code === 'log-gone')
  )
}

/** The entries after the position were trimmed, so it cannot be known whether the batch is among them. */
function isTrimmed(error: unknown): boolean {
  return error instanceof SseError && stateOf(error.cause) === 'SSE03'
}

function newestOf(
  outcomes: ReadonlyMap<number, Outcome>,
  drained: Position | undefined,
): Position | undefined {
  let newest = drained
  for (const outcome of outcomes.values())
    if (outcome.type === 'appended' && (!newest || outcome.position > newest.position)) newest = outcome
  return newest
}
