import { type Entry, type Published, SseError } from '@sse/core'
import type { Connection } from '../file/connection.ts'
import type { Delivery } from './delivery.ts'
import { failure } from '../failure.ts'
import type { Appended, Message } from '../log/log-table.ts'
import type { Settings } from '../options.ts'
import type { Trim } from '../log/trim.ts'

/** A publish on its way. */
export interface Publish extends Message {
  readonly outcome: PromiseWithResolvers<Published>
}

/** A publish that is in the table, by a transaction that may not have ended yet. */
export interface Written {
  readonly publish: Publish
  readonly appended: Appended
}

/** What is written by one commit at the most: a turn that publishes more takes several, and lets others have their turn in between. */
const commit = { entries: 2_048, bytes: 4_194_304 }
/** What may wait to be written: for a file that somebody else holds, or a turn that never ends. */
const waiting = { entries: 100_000, bytes: 67_108_864 }
/** Milliseconds after which it is tried again while somebody else holds the file. */
const retry = 10

/** Group commit: what is published within a turn is written at its end, by one transaction. */
export class Writer {
  readonly #connection: Connection
  readonly #delivery: Delivery
  readonly #trim: Trim
  readonly #settings: Settings
  #queue: Publish[] = []
  #queuedBytes = 0
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  /** Since when somebody else holds the file, by the monotonic clock. */
  #heldSince: number | undefined
  #idle: PromiseWithResolvers<void> | undefined

  constructor(connection: Connection, delivery: Delivery, trim: Trim, settings: Settings) {
    this.#connection = connection
    this.#delivery = delivery
    this.#trim = trim
    this.#settings = settings
  }

  add(publish: Publish): void {
    if (this.#queue.length >= waiting.entries || this.#queuedBytes + publish.bytes > waiting.bytes) {
      publish.outcome.reject(failure('log-busy', this.#path))
      return
    }
    this.#queue.push(publish)
    this.#queuedBytes += publish.bytes
    this.wake()
  }

  /** Writes at the end of this turn what there is to write or to let go. */
  wake(): void {
    if (this.#timer) return
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined
      this.#write()
      this.#delivery.deliver()
    })
  }

  /** Writes at once what waits, and delivers nothing yet. @throws {SseError} `log-locked` when some of it has to go on waiting */
  flush(): void {
    while (this.#queue.length > 0) if (!this.#write()) throw failure('log-locked', this.#path)
  }

  /** Appends within a transaction. */
  append(publishes: readonly Publish[]): Written[] {
    return this.#connection.own(() => {
      const now = this.#settings.now()
      return publishes.map((publish) => ({ publish, appended: this.#connection.table.append(publish, now) }))
    })
  }

  /** After the commit: what was appended is delivered before its publishes are settled, which is in a later microtask. */
  committed(written: readonly Written[]): void {
    const entries: Entry[] = []
    for (const { appended } of written) if (appended.entry) entries.push(appended.entry)
    this.#delivery.committed(entries)
    for (const { publish, appended } of written) publish.outcome.resolve(appended.published)
    if (this.#trim.due) this.wake()
  }

  /** Resolves once everything that was added is settled: written, or refused because somebody else held the file for too long. */
  settled(): Promise<void> {
    if (this.#queue.length === 0) return Promise.resolve()
    this.#idle ??= Promise.withResolvers<void>()
    return this.#idle.promise
  }

  close(): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
  }

  /** @returns whether something was settled, or there is nothing left to */
  #write(): boolean {
    if (this.#queue.length === 0 && !this.#trim.due) return true
    const publishes = this.#next()
    const bytes = publishes.reduce((sum, publish) => sum + publish.bytes, 0)
    let more = false
    try {
      if (this.#connection.inTransaction) throw failure('log-locked', this.#path, { because: open })
      const written = this.#connection.write(() => {
        const written = this.append(publishes)
        more = this.#connection.own(() => this.#trim.step({ entries: publishes.length, bytes }))
        return written
      }, bytes)
      this.#heldSince = undefined
      this.#take(publishes)
      this.committed(written)
    } catch (error) {
      if (this.#isHeldUp(error)) return false
      more = false
      this.#reject(this.#take(this.#heldSince === undefined ? publishes : this.#queue), error)
      this.#heldSince = undefined
    }
    if (more || this.#queue.length > 0) this.wake()
    if (this.#queue.length === 0) this.#idle?.resolve()
    return true
  }

  /** Somebody else writes, and perhaps not for long. */
  #isHeldUp(error: unknown): boolean {
    if (!(error instanceof SseError) || error.code !== 'log-locked') return false
    this.#heldSince ??= performance.now()
    const { health } = this.#connection
    // While the log is down nobody waits another time.
    if (health.state === 'down' || performance.now() - this.#heldSince >= this.#settings.busyTimeout) {
      health.failed(error)
      return false
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.wake()
    }, retry)
    return true
  }

  /** The oldest that wait, as many as one commit takes. */
  #next(): Publish[] {
    let bytes = 0
    const end = this.#queue.findIndex((publish, index) => {
      bytes += publish.bytes
      return index === commit.entries || (index > 0 && bytes > commit.bytes)
    })
    return end === -1 ? [...this.#queue] : this.#queue.slice(0, end)
  }

  /** Takes the oldest, so many as are given, out of the queue. */
  #take({ length }: readonly Publish[]): Publish[] {
    const taken = this.#queue.splice(0, length)
    for (const { bytes } of taken) this.#queuedBytes -= bytes
    return taken
  }

  #reject(publishes: readonly Publish[], error: unknown): void {
    for (const { outcome } of publishes) outcome.reject(error)
  }

  get #path(): string {
    return this.#connection.database.location() ?? ':memory:'
  }
}

const open =
  'is held up by a transaction that the app has begun itself: end it within the turn, or use transaction() of the broker'
