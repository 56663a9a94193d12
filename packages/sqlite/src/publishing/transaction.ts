import type { DatabaseSync } from 'node:sqlite'
import { type OpenTransaction, SseError } from '@sse/core'
import { show } from '@sse/core/internal'
import type { Connection } from '../file/connection.ts'
import type { Publish, Writer, Written } from './writer.ts'

/** The transaction of the app and the log: it is over when its function returns. */
export class Transaction implements OpenTransaction {
  readonly #connection: Connection
  readonly #writer: Writer
  /** What is in the table, as far as it is known. */
  #written: Written[] = []
  /** What is not, or no longer. */
  readonly #lost: Publish[] = []
  #failure: { readonly error: unknown } | undefined
  /** Whether the database refused a publish: what the function throws then is a consequence. */
  #broken = false

  constructor(connection: Connection, writer: Writer) {
    this.#connection = connection
    this.#writer = writer
  }

  /** Appends at once: in the order of the app's own statements, so that a savepoint that is rolled back takes it along. */
  add(publish: Publish): void {
    // What the function has ended or lost is not written to: the commit tells so.
    if (this.#failure || !this.#connection.inTransaction) {
      this.#lost.push(publish)
      return
    }
    try {
      this.#look()
      this.#written.push(...this.#writer.append([publish]))
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
   * Runs with the lock to write, and commits; delivers nothing yet.
   *
   * @throws what the function throws, what a publish was refused for, and an SseError when the database fails
   */
  run<T>(fn: (database: DatabaseSync) => T): T {
    try {
      const result = this.#connection.write(() => {
        const result = this.#call(fn)
        if (isPromise(result)) throw asynchronous()
        if (this.#failure) throw this.#failure.error
        if (this.#connection.inTransaction) this.#look()
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

  /** A savepoint that the app has rolled back took what was appended since with it; the numbers are given again. */
  #look(): void {
    if (this.#connection.own(() => this.#connection.table.lookAtHead())) this.#part()
  }

  #part(): void {
    const { seq: head } = this.#connection.table.head
    this.#lost.push(
      ...this.#written.filter(({ appended }) => appended.seq > head).map(({ publish }) => publish),
    )
    this.#written = this.#written.filter(({ appended }) => appended.seq <= head)
  }

  /** What is in the table now is delivered: if the app has committed a part of a transaction that failed, that part. */
  #settle(cause?: unknown): void {
    this.#part()
    this.#writer.committed(this.#written)
    const message = `The transaction${cause === undefined ? ', or a savepoint within it,' : ''} was rolled back, and with it what was published within it.`
    for (const { outcome } of this.#lost) {
      outcome.reject(new SseError('rolled-back', message, cause === undefined ? {} : { cause }))
    }
  }
}

/** @throws {SseError} `invalid-transaction` for a function that cannot end within the call */
export function refuseAsync(fn: unknown): void {
  if (typeof fn === 'function' && fn.constructor.name !== 'AsyncFunction') return
  throw typeof fn === 'function'
    ? asynchronous()
    : new SseError('invalid-transaction', `transaction takes a function, not ${show(fn)}.`, { value: fn })
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null || !('then' in value)) return false
  if (typeof value.then !== 'function') return false
  // It is refused here: what becomes of it is nobody's concern any more.
  value.then(undefined, () => {})
  return true
}

function asynchronous(): SseError {
  const message =
    'A transaction is synchronous: await before it or after it, and keep the promise of a publish in a variable instead of returning it.'
  return new SseError('invalid-transaction', message)
}
