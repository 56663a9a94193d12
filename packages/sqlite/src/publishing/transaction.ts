import type { DatabaseSync } from 'node:sqlite'
import { type OpenTransaction, SseError } from '@sse/core'
import { show } from '@sse/core/internal'
import type { Connection } from '../file/connection.ts'
import type { PendingPublish, Writer, Written } from './writer.ts'

/** A transaction with the app's data and its publishes. It ends when its function returns. */
export class Transaction implements OpenTransaction {
  readonly #connection: Connection
  readonly #writer: Writer
  /** The publishes that are in the table, as of the last check of its head. */
  #written: Written[] = []
  /** The publishes that are not or no longer in the table. */
  readonly #lost: PendingPublish[] = []
  #failure: { readonly error: unknown } | undefined
  /** Whether the database has refused a publish. Then an error of the function is a consequence. */
  #broken = false

  constructor(connection: Connection, writer: Writer) {
    this.#connection = connection
    this.#writer = writer
  }

  /** Appends at once, in the order of the app's own statements, so that rolling back to a savepoint removes it too. */
  add(publish: PendingPublish): void {
    // The transaction is broken, or the function has ended it. The commit reports that.
    if (this.#failure || !this.#connection.inTransaction) {
      this.#lost.push(publish)
      return
    }
    try {
      this.#checkHead()
      const [written] = this.#writer.append([publish])
      if (written?.appended.refusal) {
        this.#lost.push(publish)
        this.fail(written.appended.refusal)
      } else if (written) this.#written.push(written)
    } catch (error) {
      this.#lost.push(publish)
      this.fail(error)
      this.#broken = true
      this.#connection.keepOpen()
    }
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /**
   * Runs the function with the write lock, and commits. Delivers nothing yet.
   *
   * @throws any error of the function or of a publish, and an SseError if the database fails
   */
  run<T>(fn: (database: DatabaseSync) => T): T {
    try {
      const result = this.#connection.write(() => {
        const result = this.#call(fn)
        if (isPromise(result)) throw asynchronous()
        if (this.#failure) throw this.#failure.error
        if (this.#connection.inTransaction) this.#checkHead()
        return result
      })
      this.#settle()
      return result
    } catch (error) {
      this.#settle(error)
      throw error
    }
  }

  #call<T>(fn: (database: DatabaseSync) => T): T {
    try {
      return fn(this.#connection.database)
    } catch (error) {
      throw this.#broken ? this.#failure?.error : error
    }
  }

  /** The app may have rolled back to a savepoint. The entries since then are lost, and their numbers are used again. */
  #checkHead(): void {
    if (this.#connection.wrapErrors(() => this.#connection.table.refreshHead())) this.#separateLost()
  }

  #separateLost(): void {
    const { seq: head } = this.#connection.table.head
    this.#lost.push(
      ...this.#written.filter(({ appended }) => appended.seq > head).map(({ publish }) => publish),
    )
    this.#written = this.#written.filter(({ appended }) => appended.seq <= head)
  }

  /** Settles the publishes. If the app has committed a part of a transaction that failed, that part is delivered. */
  #settle(cause?: unknown): void {
    this.#separateLost()
    this.#writer.committed(this.#written)
    const message = `The ${cause === undefined ? 'transaction or its savepoint' : 'transaction'} was rolled back, so its events were not published.`
    for (const { outcome } of this.#lost) {
      outcome.reject(new SseError('rolled-back', message, cause === undefined ? {} : { cause }))
    }
  }
}

/** @throws {SseError} `invalid-transaction` for an `async` function, and for a value that is not a function */
export function refuseAsync(fn: unknown): void {
  if (typeof fn === 'function' && fn.constructor.name !== 'AsyncFunction') return
  throw typeof fn === 'function'
    ? asynchronous()
    : new SseError('invalid-transaction', `The transaction must be a function, not ${show(fn)}.`, {
        value: fn,
      })
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null || !('then' in value)) return false
  if (typeof value.then !== 'function') return false
  // Nothing else handles a rejection of this promise.
  value.then(undefined, () => {})
  return true
}

function asynchronous(): SseError {
  const message =
    'A transaction must be synchronous: await before or after it, and keep the promise of a publish in a variable instead of returning it.'
  return new SseError('invalid-transaction', message)
}
