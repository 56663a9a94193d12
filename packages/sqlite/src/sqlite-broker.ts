import type { DatabaseSync } from 'node:sqlite'
import type { Broker, OpenTransaction } from '@sse/core'

/** A log in a SQLite file, for one process at a time: `createHub({ broker })`. */
export interface SqliteBroker extends Broker {
  /**
   * Stores the app's own data and publishes about it: all of it, or nothing. `fn` runs at once between BEGIN and COMMIT, with the lock to
   * write, and must not be asynchronous. A `hub.publish` within it is written at the call and by the same commit, delivered and settled
   * after it; when `fn` throws, everything is rolled back and those publishes reject with `rolled-back`. So do those that a savepoint
   * takes back.
   *
   * It never waits in the event loop, whatever busy timeout the app has set: when another connection writes, it throws `log-locked` at once.
   * Try again later.
   *
   * @returns what `fn` returns, after the commit
   * @throws what `fn` throws; {SseError} `invalid-transaction` for an asynchronous `fn`, and within another transaction; `not-ready`
   * before the broker has started; `closed`; and the `log-…` codes when the file fails
   */
  transaction<T>(fn: (database: DatabaseSync) => T & (T extends PromiseLike<unknown> ? never : unknown)): T
  /** The transaction within which this is asked; `undefined` outside. For the hub: what it publishes now joins it. */
  readonly openTransaction: OpenTransaction | undefined
}
