import type { DatabaseSync } from 'node:sqlite'
import { SseError } from '@sse/core'
import { asideFromApp } from './app-settings.ts'
import { Checkpoints } from './checkpoints.ts'
import { failureOf } from '../failure.ts'
import { Health } from './health.ts'
import { Home, pathOf } from './file-identity.ts'
import { LogTable } from '../log/log-table.ts'
import type { Settings } from '../options.ts'
import { prepareTables } from '../log/schema.ts'

/** Bytes that are written, at the most, to find out whether a log that failed takes writes again. */
const largestProbe = 4_194_304

/** The log, opened: its tables, and the transactions on them. */
export class Connection {
  readonly database: DatabaseSync
  readonly table: LogTable
  readonly health: Health
  readonly #home: Home
  readonly #checkpoints: Checkpoints
  /** Bytes of the publishes that were refused last. */
  #refused = 0

  /** @throws {SseError} what is wrong with the file */
  constructor(database: DatabaseSync, settings: Settings, tell: (state: 'up' | 'down') => void) {
    const path = pathOf(database) ?? ':memory:'
    this.database = database
    try {
      if (database.isTransaction) {
        const message = 'The broker cannot start within a transaction: commit it first.'
        throw new SseError('invalid-transaction', message)
      }
      this.table = asideFromApp(database, () => prepare(database, path, settings))
    } catch (error) {
      throw failureOf(error, path)
    }
    this.#home = Home.of(database)
    this.health = new Health(tell, () => this.#probe())
    this.#checkpoints = new Checkpoints(database, this.#home)
    this.#checkpoints.look()
  }

  /** Whether a transaction is open, ours or one of the app. */
  get inTransaction(): boolean {
    return this.own(() => this.database.isTransaction)
  }

  /**
   * Does something within a transaction; whatever is thrown rolls it back.
   *
   * @param bytes of what is published by it, if it is known
   * @throws {SseError} what SQLite or the file system refused. What `work` throws beside is thrown as it is.
   */
  write<T>(work: () => T, bytes = 0): T {
    const { head, base } = this.table
    let begun = false
    try {
      this.#begin()
      begun = true
      const result = work()
      this.#commit()
      this.health.succeeded()
      return result
    } catch (error) {
      this.#refused = bytes
      if (begun) {
        this.#rollback()
        this.table.rolledBack({ head, base })
      }
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

  /** Some failures end the transaction by themselves: what the app still stores in it must be rolled back all the same. */
  keepOpen(): void {
    if (this.database.isOpen && !this.database.isTransaction)
      this.#attempt(() => this.table.statements.begin.run())
  }

  /** Before a transaction of the app: our own thread may have the lock for a moment. */
  letCheckpointEnd(): void {
    this.#checkpoints.letGo()
  }

  close(): void {
    this.health.stop()
    this.#checkpoints.close()
  }

  #begin(): void {
    this.own(
      () => {
        this.health.check()
        this.#checkpoints.look()
        this.#lock()
      },
      { waits: true },
    )
  }

  /**
   * Takes the lock to write without waiting for it in the event loop: SQLite calls the busy handler, which the app may have told to wait,
   * only for a connection that does not read yet. So it reads first, which costs two microseconds more than BEGIN IMMEDIATE; to set the
   * handler aside would cost five. And databases that the app has attached are not locked with it.
   *
   * @throws `SQLITE_BUSY` at once; no transaction is open then
   */
  #lock(): void {
    const { statements } = this.table
    statements.begin.run()
    try {
      this.table.checkHead()
      statements.lock.run()
    } catch (error) {
      this.#rollback()
      throw error
    }
  }

  #commit(): void {
    if (!this.inTransaction) {
      const message =
        'The transaction was ended within it: leave BEGIN, COMMIT and ROLLBACK to transaction(), and let errors of the database pass.'
      throw new SseError('invalid-transaction', message)
    }
    this.own(() => this.table.statements.commit.run(), { waits: true })
  }

  #rollback(): void {
    // Some failures roll back by themselves.
    if (this.database.isOpen && this.database.isTransaction)
      this.#attempt(() => this.table.statements.rollback.run())
  }

  #attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.health.failed(failureOf(error, this.#home.path))
    }
  }

  /** Writes as much as was refused: a full disk may have room for less. */
  #probe(): void {
    if (this.database.isTransaction)
      throw new SseError('invalid-transaction', 'The app has a transaction open.')
    this.#home.check()
    const { fillProbe, clearProbe } = this.table.statements
    for (const write of [
      () => fillProbe.run(Math.min(this.#refused, largestProbe)),
      () => clearProbe.run(),
    ]) {
      this.#lock()
      try {
        write()
        this.table.statements.commit.run()
      } catch (error) {
        this.#rollback()
        throw error
      }
    }
  }
}

/** @returns the tables, made where they are missing */
function prepare(database: DatabaseSync, path: string, { synchronous }: Settings): LogTable {
  // Of the main database only: the app may have attached others. One in memory has a journal in memory, and says so.
  database.exec('PRAGMA main.journal_mode = WAL')
  if (synchronous) database.exec(`PRAGMA main.synchronous = ${synchronous}`)
  database.exec('BEGIN')
  try {
    prepareTables(database, path)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isOpen && database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
  return new LogTable(database, path)
}
