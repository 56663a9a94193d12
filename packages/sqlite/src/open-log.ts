import { Connection } from './file/connection.ts'
import type { Delivery } from './publishing/delivery.ts'
import { failureOf } from './failure.ts'
import { pathOf } from './file/file-identity.ts'
import { DatabaseSync } from './node-sqlite.ts'
import type { Settings } from './options.ts'
import { OwnerLock } from './file/owner-lock.ts'
import { ReadQueue } from './log/read-queue.ts'
import { Trim } from './log/trim.ts'
import { Writer } from './publishing/writer.ts'

/** What there is while the log is open. */
export interface OpenLog {
  readonly connection: Connection
  readonly writer: Writer
  readonly reads: ReadQueue
  /** Ends what runs by itself, and lets go of the file. */
  close(): void
}

/**
 * Opens the log for this process alone.
 *
 * @param source the path of the file, or the app's own database
 * @throws {SseError} `log-locked` when somebody else has it or writes to it now, and what else is wrong with it
 */
export function openLog(source: string | DatabaseSync, settings: Settings, delivery: Delivery): OpenLog {
  const database = typeof source === 'string' ? openFile(source) : source
  let lock: OwnerLock | undefined
  const release = () => {
    if (typeof source === 'string') database.close()
    lock?.release()
  }
  try {
    const path = pathOf(database)
    if (path !== undefined) lock = OwnerLock.take(path)
    return connect(database, settings, delivery, release)
  } catch (error) {
    release()
    throw failureOf(error, typeof source === 'string' ? source : 'of the app')
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
  const connection = new Connection(database, settings, (state) => {
    delivery.receiver?.health(state)
  })
  const { table } = connection
  const trim = new Trim(table, settings)
  const writer = new Writer(connection, delivery, trim, settings)
  const reads = new ReadQueue((after, limit) => connection.own(() => table.read(after, limit)))
  const sweep = () => {
    trim.sweep()
    writer.wake()
  }
  const timer = setInterval(sweep, sweepInterval(settings.keep.age)).unref()
  sweep()
  const close = () => {
    clearInterval(timer)
    writer.close()
    reads.close()
    connection.close()
    release()
  }
  return { connection, writer, reads, close }
}

/** Milliseconds between two looks for what is too old: a twentieth of the age, within a second and a minute. */
function sweepInterval(age: number): number {
  return Math.min(Math.max(age / 20, 1_000), 60_000)
}
