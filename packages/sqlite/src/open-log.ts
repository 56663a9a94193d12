import { setTimeout as delay } from 'node:timers/promises'
import { SseError } from '@sse/core'
import { recordCheckInterval } from '@sse/core/internal'
import { failureOf } from './failure.ts'
import { Connection } from './file/connection.ts'
import { pathOf } from './file/file-identity.ts'
import { OwnerLock } from './file/owner-lock.ts'
import { ReadQueue } from './log/read-queue.ts'
import { Trim } from './log/trim.ts'
import { DatabaseSync } from './node-sqlite.ts'
import type { Settings } from './options.ts'
import type { Delivery } from './publishing/delivery.ts'
import { Writer } from './publishing/writer.ts'

/** Milliseconds between two attempts to open a log that is locked. */
const retryInterval = 50

/** What exists while the log is open. */
export interface OpenLog {
  readonly connection: Connection
  readonly writer: Writer
  readonly reads: ReadQueue
  /** Stops the timers, and closes the file. */
  close(): void
}

/** Tries again for so many milliseconds while the log is locked: another process may be about to close it. */
export async function retryWhileLocked<T>(timeout: number, open: () => T): Promise<T> {
  const end = performance.now() + timeout
  for (;;) {
    try {
      return open()
    } catch (error) {
      const left = end - performance.now()
      if (!(error instanceof SseError) || error.code !== 'log-locked' || left <= 0) throw error
      await delay(Math.min(retryInterval, left))
    }
  }
}

/**
 * Opens the log for this process alone.
 *
 * @param pathOrDatabase the path of the file, or the app's own database
 * @throws {SseError} `log-locked` if another process has the log or writes to it, and whatever else is wrong with it
 */
export function openLog(
  pathOrDatabase: string | DatabaseSync,
  settings: Settings,
  delivery: Delivery,
): OpenLog {
  const database = typeof pathOrDatabase === 'string' ? openFile(pathOrDatabase) : pathOrDatabase
  let lock: OwnerLock | undefined
  const release = () => {
    if (typeof pathOrDatabase === 'string') database.close()
    lock?.release()
  }
  try {
    const path = pathOf(database)
    if (path !== undefined) lock = OwnerLock.take(path)
    return connect(database, settings, delivery, release)
  } catch (error) {
    release()
    throw failureOf(error, typeof pathOrDatabase === 'string' ? pathOrDatabase : 'of the app')
  }
}

function openFile(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 })
  } catch (error) {
    throw failureOf(error, path)
  }
}

function connect(
  database: DatabaseSync,
  settings: Settings,
  delivery: Delivery,
  release: () => void,
): OpenLog {
  const connection = new Connection(database, settings, (...told) => {
    delivery.receiver?.health(...told)
  })
  const { table } = connection
  const trim = new Trim(table, settings)
  const writer = new Writer(connection, delivery, trim, settings)
  const reads = new ReadQueue((after, limit) => connection.wrapErrors(() => table.read(after, limit)))
  const trimOld = () => {
    trim.checkAge()
    writer.wake()
  }
  // A twentieth of the age, but at least a second and at most a minute.
  const interval = Math.min(Math.max(settings.keep.age / 20, 1_000), 60_000)
  const timer = setInterval(
    trimOld,
    Math.min(interval, recordCheckInterval(settings.records) ?? interval),
  ).unref()
  trimOld()
  const close = () => {
    clearInterval(timer)
    writer.close()
    reads.close()
    connection.close()
    release()
  }
  return { connection, writer, reads, close }
}
