import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Steps from one version of the tables to the next. Only ever add at the end. */
const migrations: readonly string[] = [
  `CREATE TABLE notifications (
     id         INTEGER PRIMARY KEY AUTOINCREMENT,
     channel    TEXT NOT NULL,
     sender     TEXT NOT NULL,
     title      TEXT NOT NULL,
     body       TEXT NOT NULL,
     created_at TEXT NOT NULL
   ) STRICT;
   CREATE INDEX notifications_by_channel ON notifications (channel, id);
   CREATE TABLE reads (
     user_id         TEXT NOT NULL,
     notification_id INTEGER NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
     read_at         TEXT NOT NULL,
     PRIMARY KEY (user_id, notification_id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE secrets (
     name  TEXT PRIMARY KEY,
     value TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,
]

/**
 * Opens the database of the app and of its log (`sse_…`), makes its folder and brings its tables up to date. `:memory:` is for tests.
 */
export function openDatabase(file: string): DatabaseSync {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
  const database = new DatabaseSync(file, { timeout: 5000 })
  // Readers do not wait for the writer, and a killed process leaves a database that simply opens again.
  database.exec('PRAGMA journal_mode = WAL')
  migrate(database)
  return database
}

function migrate(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA user_version').get()
  const version = Number(row?.['user_version'])
  migrations.slice(version).forEach((step, index) => {
    database.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${version + index + 1}; COMMIT`)
  })
}
