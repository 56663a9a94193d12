import type { DatabaseSync } from 'node:sqlite'

/** What the app has set on its connection and SQLite keeps for each connection. */
interface AppSettings {
  /** Milliseconds that a statement waits, and the event loop with it, while somebody else writes. */
  readonly busyTimeout: number
  /** Pages after which a commit copies the write-ahead log into the file; 0: the app does that itself. */
  readonly autoCheckpoint: number
}

/**
 * Does something that never waits for another connection and copies no write-ahead log within a commit, whatever the app has set. What
 * it has set is read before and put back after it: for what is done seldom, because that costs four statements.
 */
export function asideFromApp<T>(database: DatabaseSync, work: () => T): T {
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

/** The number that a PRAGMA answers. Prepared anew each time: SQLite takes the answer when it prepares the statement. */
export function pragma(database: DatabaseSync, name: string): number {
  const statement = database.prepare(`PRAGMA ${name}`)
  statement.setReturnArrays(true)
  statement.setReadBigInts(false)
  const [value] = statement.get() as unknown as unknown[]
  return Number(value)
}
