import { type Entry, type Published, SseError } from '@sse/core'
import { batchLength, type Deferred, totalBytes } from '@sse/core/internal'
import { failure } from '../failure.ts'
import type { Connection } from '../file/connection.ts'
import type { Appended, NewEntry } from '../log/log-table.ts'
import type { Trim } from '../log/trim.ts'
import type { Settings } from '../options.ts'
import type { Delivery } from './delivery.ts'

/** A publish that is not settled. */
export interface PendingPublish extends NewEntry {
  readonly outcome: Deferred<Published>
}

/** A publish that is in the table, perhaps by a transaction that is still open. */
export interface Written {
  readonly publish: PendingPublish
  readonly appended: Appended
}

/** What one commit writes at most. Between two commits other work of the process has its turn. */
const mostOfCommit = { entries: 2_048, bytes: 4_194_304 }
/** What may wait while another connection writes, or a turn does not end. */
const mostWaiting = { entries: 100_000, bytes: 67_108_864 }
/** Milliseconds between two attempts while another connection writes. */
const retryInterval = 10

/** Group commit: one transaction at the end of a turn writes all publishes of the turn. */
export class Writer {
  readonly #connection: Connection
  readonly #delivery: Delivery
  readonly #trim: Trim
  readonly #settings: Settings
  #queue: PendingPublish[] = []
  #queuedBytes = 0
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  /** Since when another connection writes, by the monotonic clock. */
  #lockedSince: number | undefined
  #idle: PromiseWithResolvers<void> | undefined

  constructor(connection: Connection, delivery: Delivery, trim: Trim, settings: Settings) {
    this.#connection = connection
    this.#delivery = delivery
    this.#trim = trim
    this.#settings = settings
  }

  add(publish: PendingPublish): void {
    if (this.#queue.length >= mostWaiting.entries || this.#queuedBytes + publish.bytes > mostWaiting.bytes) {
      publish.outcome.reject(failure('log-busy', this.#path))
      return
    }
    this.#queue.push(publish)
    this.#queuedBytes += publish.bytes
    this.wake()
  }

  /** Writes and trims at the end of this turn. */
  wake(): void {
    if (this.#timer) return
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined
      this.#write()
      this.#delivery.deliver()
    })
  }

  /** Writes all that waits at once, and does not deliver it yet. @throws {SseError} `log-locked` if some of it has to wait */
  flush(): void {
    while (this.#queue.length > 0) if (!this.#write()) throw failure('log-locked', this.#path)
  }

  /** Appends within a transaction. */
  append(publishes: readonly PendingPublish[]): Written[] {
    return this.#connection.wrapErrors(() => {
      const now = this.#settings.now()
      return publishes.map((publish) => ({ publish, appended: this.#connection.table.append(publish, now) }))
    })
  }

  /** After the commit. The publishers hear of it in a microtask, after the entries were delivered. */
  committed(written: readonly Written[], removals: readonly Entry[] = []): void {
    const entries: Entry[] = []
    for (const { appended } of written) if (appended.entry) entries.push(appended.entry)
    this.#delivery.committed([...entries, ...removals])
    for (const { publish, appended } of written) {
      if (appended.refusal) publish.outcome.reject(appended.refusal)
      else publish.outcome.resolve(appended.published)
    }
    if (this.#trim.due) this.wake()
  }

  /** Resolves when all publishes are settled: written, or rejected because another connection was writing for too long. */
  settled(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve()
    this.#idle ??= Promise.withResolvers<void>()
    return this.#idle.promise
  }

  close(): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
  }

  /** @returns whether publishes were settled, or none are waiting */
  #write(): boolean {
    if (this.#queue.length === 0 && !this.#trim.due) return true
    const publishes = this.#queue.slice(0, batchLength(this.#queue, mostOfCommit))
    const bytes = totalBytes(publishes)
    let more = false
    let removals: readonly Entry[] = []
    try {
      if (this.#connection.inTransaction) throw failure('log-locked', this.#path, ownTransaction)
      const written = this.#connection.write(() => {
        const written = this.append(publishes)
        removals = this.#connection.wrapErrors(() => this.#trim.removeOldRecords())
        more = this.#connection.wrapErrors(() => this.#trim.step({ entries: publishes.length, bytes }))
        return written
      }, bytes)
      this.#lockedSince = undefined
      this.#take(publishes)
      this.committed(written, removals)
    } catch (error) {
      if (this.#retries(error)) return false
      more = false
      this.#reject(this.#take(this.#lockedSince === undefined ? publishes : this.#queue), error)
      this.#lockedSince = undefined
    }
    if (more || this.#queue.length > 0) this.wake()
    if (this.#queue.length === 0) this.#idle?.resolve()
    return true
  }

  /** Tries again later if another connection is writing. @returns whether it does */
  #retries(error: unknown): boolean {
    if (!(error instanceof SseError) || error.code !== 'log-locked') return false
    this.#lockedSince ??= performance.now()
    const { health } = this.#connection
    // While the log is down, publishes do not wait.
    if (health.state === 'down' || performance.now() - this.#lockedSince >= this.#settings.busyTimeout) {
      health.failed(error)
      return false
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.wake()
    }, retryInterval)
    return true
  }

  /** Removes the oldest from the queue, as many as are given. */
  #take({ length }: readonly PendingPublish[]): PendingPublish[] {
    const taken = this.#queue.splice(0, length)
    this.#queuedBytes -= totalBytes(taken)
    return taken
  }

  #reject(publishes: readonly PendingPublish[], error: unknown): void {
    for (const { outcome } of publishes) outcome.reject(error)
  }

  get #path(): string {
    return this.#connection.database.location() ?? ':memory:'
  }
}

const ownTransaction =
  'is locked by a transaction that the app has begun by BEGIN: end it within the turn, or use transaction() of the broker'
