import type { DatabaseSync } from 'node:sqlite'

/** Settings of a connection that the app may have changed. */
interface AppSettings {
  /** Milliseconds that a statement waits, and blocks the event loop, while another connection writes. */
  readonly busyTimeout: number
  /** Pages after which a commit copies the write-ahead log into the file. 0: the app does that itself. */
  readonly autoCheckpoint: number
}

/**
 * Does something without waiting for another connection, and without a checkpoint within a commit. The settings of the app are restored
 * after it. That costs four statements, so it is for rare work.
 */
export function withoutAppSettings<T>(database: DatabaseSync, work: () => T): T {
  const settings = appSettings(database)
  database.exec('PRAGMA busy_timeout = 0; PRAGMA wal_autocheckpoint = 0')
  try {
    return work()
  } finally {
    // The app may have closed it.
    if (database.isOpen) {
      database.exec(`PRAGMA busy_timeout = ${settings.busyTimeout}`)
      setAutoCheckpoint(database, settings.autoCheckpoint)
    }
  }
}

export function appSettings(database: DatabaseSync): AppSettings {
  return {
    busyTimeout: pragma(database, 'busy_timeout'),
    autoCheckpoint: pragma(database, 'wal_autocheckpoint'),
  }
}

export function setAutoCheckpoint(database: DatabaseSync, pages: number): void {
  database.exec(`PRAGMA wal_autocheckpoint = ${pages}`)
}

/** The number that a PRAGMA returns. It is prepared each time, because SQLite reads the value when it prepares the statement. */
export function pragma(database: DatabaseSync, name: string): number {
  const statement = database.prepare(`PRAGMA ${name}`)
  statement.setReturnArrays(true)
  statement.setReadBigInts(false)
  const [value] = statement.get() as unknown as unknown[]
  return Number(value)
}
