import type { DatabaseSync } from 'node:sqlite'
import { type OpenTransaction, SseError } from '@sse/core'
import type { Connection } from './connection.ts'
import type { Publish, Writer } from './writer.ts'

/** The transaction of the app and the log: it is over when its function returns. */
export class Transaction implements OpenTransaction {
  readonly #publishes: Publish[] = []
  #failure: { readonly error: unknown } | undefined

  add(publish: Publish): void {
    this.#publishes.push(publish)
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /**
   * Runs between BEGIN IMMEDIATE and COMMIT, with what was published meanwhile; delivers nothing yet.
   *
   * @throws what the function throws, what a publish was refused for, and an SseError when the database fails
   */
  run<T>(connection: Connection, writer: Writer, fn: (database: DatabaseSync) => T): T {
    try {
      const { result, appended } = connection.write(() => {
        const result = fn(connection.database)
        if (isPromise(result)) throw asynchronous()
        if (this.#failure) throw this.#failure.error
        return { result, appended: this.#append(connection, writer) }
      })
      writer.appended(this.#publishes, appended)
      return result
    } catch (error) {
      const message = 'The transaction was rolled back, and with it what was published within it.'
      for (const { outcome } of this.#publishes) {
        outcome.reject(new SseError('rolled-back', message, { cause: error }))
      }
      throw error
    }
  }

  /** What the function has ended or lost is not written to: the commit tells so. */
  #append(connection: Connection, writer: Writer): ReturnType<Writer['append']> {
    return connection.inTransaction ? writer.append(this.#publishes) : { published: [], entries: [] }
  }
}

/** @throws {SseError} `invalid-transaction` for a function that cannot end within the call */
export function refuseAsync(fn: unknown): void {
  if (typeof fn === 'function' && fn.constructor.name !== 'AsyncFunction') return
  throw typeof fn === 'function'
    ? asynchronous()
    : new SseError('invalid-transaction', 'transaction takes a function.', { value: fn })
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
