import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrations } from './migrations.ts'

/**
 * Opens the database of the app and of its log (`sse_…`), makes its folder and brings its tables up to date. Only the user
 * whose process this is may read them. `:memory:` is for tests.
 *
 * @throws Error when a newer version of the app has written it
 */
export function openDatabase(file: string): DatabaseSync {
  if (file !== ':memory:') keepPrivate(file)
  const database = new DatabaseSync(file, { timeout: 5000 })
  // Readers do not wait for the writer, and a killed process leaves a database that simply opens again.
  database.exec('PRAGMA journal_mode = WAL')
  migrate(database, file)
  return database
}

/** SQLite gives the files that it keeps beside a database the mode of the database, when it makes them. */
function keepPrivate(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  closeSync(openSync(file, 'a', 0o600))
  // Those that an earlier version has left.
  for (const name of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(name)) chmodSync(name, 0o600)
}

function migrate(database: DatabaseSync, file: string): void {
  const row = database.prepare('PRAGMA user_version').get()
  const version = Number(row?.['user_version'])
  if (version > migrations.length) {
    database.close()
    throw new Error(
      `${file} is of version ${version}, and this program knows ${migrations.length}. Run the newer program, or choose another file: DATABASE_FILE=other.sqlite`,
    )
  }
  migrations.slice(version).forEach((step, index) => {
    database.exec(`BEGIN IMMEDIATE; ${step} PRAGMA user_version = ${version + index + 1}; COMMIT`)
  })
}
