import type { DatabaseSync } from 'node:sqlite'
import { SseError } from '@sse/core'
import { failureOf } from '../failure.ts'
import { LogTable } from '../log/log-table.ts'
import { prepareTables } from '../log/schema.ts'
import type { Settings } from '../options.ts'
import { withoutAppSettings } from './app-settings.ts'
import { Checkpoints } from './checkpoints.ts'
import { FileIdentity, pathOf } from './file-identity.ts'
import { Health } from './health.ts'

/** The maximum number of bytes that a probe writes. */
const largestProbe = 4_194_304

/** The connection to the open log: its tables, and the transactions on them. */
export class Connection {
  readonly database: DatabaseSync
  readonly table: LogTable
  readonly health: Health
  readonly #file: FileIdentity
  readonly #checkpoints: Checkpoints
  /** The bytes of the publishes that failed last. */
  #refused = 0

  /** @throws {SseError} if the file cannot be used */
  constructor(
    database: DatabaseSync,
    settings: Settings,
    tell: (state: 'up' | 'down', cause?: unknown) => void,
  ) {
    const path = pathOf(database) ?? ':memory:'
    this.database = database
    try {
      if (database.isTransaction) {
        const message = 'The broker cannot start within a transaction: commit the transaction first.'
        throw new SseError('invalid-transaction', message)
      }
      this.table = withoutAppSettings(database, () => prepare(database, path, settings))
    } catch (error) {
      throw failureOf(error, path)
    }
    this.#file = new FileIdentity(database)
    this.health = new Health(tell, () => this.#probe())
    this.#checkpoints = new Checkpoints(database, this.#file)
    this.#checkpoints.check()
  }

  /** Whether a transaction of the broker or of the app is open. */
  get inTransaction(): boolean {
    return this.wrapErrors(() => this.database.isTransaction)
  }

  /**
   * Runs `work` within a transaction. An error rolls it back.
   *
   * @param bytes the size of the publishes, if known
   * @throws {SseError} an error of SQLite or of the file system. Other errors of `work` are thrown as they are.
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

  /**
   * Runs statements of the broker, and throws their errors as an `SseError`. After an error the log counts as down.
   *
   * @param mayWait whether the caller tries again after `log-locked`. Then the log does not count as down after this error.
   */
  wrapErrors<T>(work: () => T, { mayWait = false } = {}): T {
    try {
      return work()
    } catch (error) {
      const failed = failureOf(error, this.#file.path)
      if (!mayWait || failed.code !== 'log-locked') this.health.failed(failed)
      throw failed
    }
  }

  /** Begins another transaction if a failure has ended this one, so that later statements of the app are rolled back too. */
  keepOpen(): void {
    if (this.database.isOpen && !this.database.isTransaction)
      this.#try(() => this.table.statements.begin.run())
  }

  /** The checkpoint thread may have the write lock for a moment. */
  waitForCheckpoint(): void {
    this.#checkpoints.waitForThread()
  }

  close(): void {
    this.health.stop()
    this.#checkpoints.close()
  }

  #begin(): void {
    this.wrapErrors(
      () => {
        this.health.check()
        this.#checkpoints.check()
        this.#lock()
      },
      { mayWait: true },
    )
  }

  /**
   * Takes the write lock without blocking the event loop. The app may have set a busy timeout, but SQLite applies it only to a connection
   * that does not read yet. So this reads first, which costs two microseconds more than BEGIN IMMEDIATE; changing the timeout would cost
   * five. Databases that the app has attached are not locked.
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
        'The function has ended its transaction: leave BEGIN, COMMIT and ROLLBACK to transaction(), and do not catch errors of the database.'
      throw new SseError('invalid-transaction', message)
    }
    this.wrapErrors(() => this.table.statements.commit.run(), { mayWait: true })
  }

  #rollback(): void {
    // Some failures roll back the transaction.
    if (this.database.isOpen && this.database.isTransaction)
      this.#try(() => this.table.statements.rollback.run())
  }

  #try(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.health.failed(failureOf(error, this.#file.path))
    }
  }

  /** Writes as many bytes as failed last, because a full disk may have room for fewer. */
  #probe(): void {
    if (this.database.isTransaction)
      throw new SseError('invalid-transaction', 'The app has a transaction open.')
    this.#file.check()
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

/** Sets the journal mode, and creates missing tables. */
function prepare(database: DatabaseSync, path: string, { synchronous, records }: Settings): LogTable {
  // Only for the main database, because the app may have attached others. A database in memory keeps its journal in memory.
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
  return new LogTable(database, path, records)
}
