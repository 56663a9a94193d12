import type { DatabaseSync } from 'node:sqlite'
import type { Broker, OpenTransaction } from '@sse/core'

/** A log in a SQLite file, for one process at a time: `createHub({ broker })`. */
export interface SqliteBroker extends Broker {
  /**
   * Stores the app's own data and publishes about it: all of it, or nothing. `fn` runs at once between BEGIN and COMMIT, with the write
   * lock, and must not be asynchronous. A `hub.publish` within it is written at the call, and delivered and settled after the commit. If
   * `fn` throws, everything is rolled back and those publishes reject with `rolled-back`. If the app rolls back to a savepoint, the
   * publishes since then reject.
   *
   * It never blocks the event loop, whatever busy timeout the app has set: while another connection writes, it throws `log-locked` at
   * once. Try again later.
   *
   * @returns what `fn` returns, after the commit
   * @throws what `fn` throws; {SseError} `invalid-transaction` for an asynchronous `fn`, and within another transaction; `not-ready`
   * before the broker has started; `closed`; and the `log-…` codes when the file fails
   */
  transaction<T>(fn: (database: DatabaseSync) => T & (T extends PromiseLike<unknown> ? never : unknown)): T
  /** For the hub: the transaction that a publish joins now; `undefined` outside of `transaction`. */
  readonly openTransaction: OpenTransaction | undefined
}
