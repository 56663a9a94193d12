import type { DatabaseSync } from 'node:sqlite'
import { SseError } from '@sse/core'
import { failureOf } from './failure.ts'
import { Health } from './health.ts'
import { Home, pathOf } from './home.ts'
import { LogTable } from './log-table.ts'
import type { Settings } from './options.ts'
import { prepareTables } from './schema.ts'

/** The log, opened: its tables, and the transactions on them. */
export class Connection {
  readonly database: DatabaseSync
  readonly table: LogTable
  readonly health: Health
  readonly #home: Home

  /** @throws {SseError} what is wrong with the file */
  constructor(database: DatabaseSync, { synchronous }: Settings, tell: (state: 'up' | 'down') => void) {
    const path = pathOf(database) ?? ':memory:'
    this.database = database
    try {
      if (database.isTransaction) {
        const message = 'The broker cannot start within a transaction: commit it first.'
        throw new SseError('invalid-transaction', message)
      }
      // A database in memory has a journal in memory, and says so.
      database.exec('PRAGMA journal_mode = WAL')
      if (synchronous) database.exec(`PRAGMA synchronous = ${synchronous}`)
      database.exec('BEGIN IMMEDIATE')
      prepareTables(database, path)
      database.exec('COMMIT')
      this.table = new LogTable(database, path)
    } catch (error) {
      if (database.isOpen && database.isTransaction && !isForeign(error)) database.exec('ROLLBACK')
      throw failureOf(error, path)
    }
    this.#home = Home.of(database)
    this.health = new Health(tell, () => this.#probe())
  }

  /** Whether a transaction is open, ours or one of the app. */
  get inTransaction(): boolean {
    return this.own(() => this.database.isTransaction)
  }

  /**
   * Does something between BEGIN IMMEDIATE and COMMIT; whatever is thrown rolls it back.
   *
   * @throws {SseError} what SQLite or the file system refused. What `work` throws beside is thrown as it is.
   */
  write<T>(work: () => T): T {
    this.#begin()
    const { head, base } = this.table
    try {
      const result = work()
      this.#commit()
      this.health.succeeded()
      return result
    } catch (error) {
      this.table.rolledBack({ head, base })
      // Some failures roll back by themselves.
      if (this.database.isOpen && this.database.isTransaction) this.#attempt('ROLLBACK')
      throw error
    }
  }

  /** What our own statements throw, as an `SseError`: the log is down then, unless it is only waited for somebody else. */
  own<T>(work: () => T, { waits = false } = {}): T {
    try {
      return work()
    } catch (error) {
      const failed = failureOf(error, this.#home.path)
      if (!waits || failed.code !== 'log-locked') this.health.failed(failed)
      throw failed
    }
  }

  #begin(): void {
    this.own(
      () => {
        this.health.check()
        this.#home.check()
        this.database.exec('BEGIN IMMEDIATE')
      },
      { waits: true },
    )
  }

  #commit(): void {
    if (!this.inTransaction) {
      const message =
        'The transaction was ended within it: leave BEGIN, COMMIT and ROLLBACK to transaction(), and let errors of the database pass.'
      throw new SseError('invalid-transaction', message)
    }
    this.own(() => this.database.exec('COMMIT'), { waits: true })
  }

  #attempt(sql: string): void {
    try {
      this.database.exec(sql)
    } catch (error) {
      this.health.failed(failureOf(error, this.#home.path))
    }
  }

  #probe(): void {
    if (this.database.isTransaction)
      throw new SseError('invalid-transaction', 'The app has a transaction open.')
    this.#home.check()
    this.database.exec('BEGIN IMMEDIATE')
    try {
      this.table.statements.probe.run()
      this.database.exec('COMMIT')
    } catch (error) {
      if (this.database.isTransaction) this.#attempt('ROLLBACK')
      throw error
    }
  }
}

/** Whether the transaction that is open is not ours. */
function isForeign(error: unknown): boolean {
  return error instanceof SseError && error.code === 'invalid-transaction'
}
