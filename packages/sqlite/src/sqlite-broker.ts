import { DatabaseSync } from 'node:sqlite'
import { type Broker, SseError } from '@sse/core'
import { FileBroker } from './file-broker.ts'
import { type SqliteBrokerOptions, settingsOf } from './options.ts'
import type { OpenTransaction } from './transaction.ts'

/** A log in a SQLite file, for one process at a time: `createHub({ broker })`. */
export interface SqliteBroker extends Broker {
  /**
   * Stores the app's own data and publishes about it: all of it, or nothing. `fn` runs at once between BEGIN IMMEDIATE and COMMIT, and
   * must not be asynchronous. A `hub.publish` within it is written by the same commit, delivered and settled after it; when `fn`
   * throws, everything is rolled back and those publishes reject with `rolled-back`.
   *
   * @returns what `fn` returns, after the commit
   * @throws what `fn` throws; {SseError} `invalid-transaction` for an asynchronous `fn`, and within another transaction; `not-ready`
   * before the broker has started; `closed`; and the `log-…` codes when the file fails
   */
  transaction<T>(fn: (database: DatabaseSync) => T & (T extends PromiseLike<unknown> ? never : unknown)): T
  /** The transaction within which this is asked; `undefined` outside. For the hub: what it publishes now joins it. */
  readonly openTransaction: OpenTransaction | undefined
}

/**
 * The log in a SQLite file that survives restarts. `start` opens it and rejects with what is wrong: `log-locked` when it has another
 * process, `log-corrupt`, `log-read-only`, `log-full`, `log-failed`.
 *
 * @param database the path of the file, or the app's own database, which the app closes itself, after the broker
 * @throws {SseError} `invalid-option`
 */
export function createSqliteBroker(
  database: string | DatabaseSync,
  options: SqliteBrokerOptions = {},
): SqliteBroker {
  if (!(database instanceof DatabaseSync) && (typeof database !== 'string' || database === '')) {
    const message = `The log is a path or a DatabaseSync of node:sqlite, not ${String(database)}.`
    throw new SseError('invalid-option', message, { value: database })
  }
  const settings = settingsOf(options)
  const fallback = typeof database === 'string' ? 'normal' : undefined
  return new FileBroker(database, { ...settings, synchronous: settings.synchronous ?? fallback })
}
