import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { failure } from '../failure.ts'

/** Of the tables below. A log of a later version is refused. */
const version = 1

/**
 * `bytes` counts the texts of all entries up to one, since the log began: what is held is a difference of two. `sse_log` says where the
 * entries held begin, so that a log that let go of all of them keeps its head. `sse_probe` is written to find out whether the log can be
 * written to again, and is empty otherwise.
 */
const tables = `
  CREATE TABLE IF NOT EXISTS sse_log (
    one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, epoch TEXT NOT NULL,
    base INTEGER NOT NULL, base_bytes INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sse_terms (first INTEGER PRIMARY KEY, nonce TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS sse_entries (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes INTEGER NOT NULL,
    channels TEXT NOT NULL, event TEXT, data TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sse_keys (key TEXT PRIMARY KEY, id TEXT NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sse_probe (one INTEGER PRIMARY KEY CHECK (one = 1), filler BLOB NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS sse_keys_by_age ON sse_keys (expires);
`

/** Makes the tables where they are missing, and begins a term. Called within a transaction. */
export function prepareTables(database: DatabaseSync, path: string): void {
  database.exec(tables)
  const log = database.prepare('SELECT version FROM sse_log')
  log.setReturnArrays(false)
  log.setReadBigInts(false)
  const found = log.get()
  if (!found) {
    database
      .prepare('INSERT INTO sse_log (one, version, epoch, base, base_bytes) VALUES (1, ?, ?, 0, 0)')
      .run(version, randomBytes(4).toString('hex'))
    database.prepare('INSERT OR REPLACE INTO sse_terms VALUES (0, ?)').run(newNonce())
  } else if (Number(found['version']) > version) {
    const because = `was written by a later version of @sse/sqlite (${found['version']}, this one writes ${version})`
    throw failure('log-failed', path, { because })
  }
  database
    .prepare(
      `INSERT OR REPLACE INTO sse_terms
       SELECT 1 + coalesce((SELECT max(seq) FROM sse_entries), (SELECT base FROM sse_log)), ?`,
    )
    .run(newNonce())
  // Of a tail that was lost: what comes now has other ids.
  database.exec(
    `DELETE FROM sse_terms
     WHERE first > 1 + coalesce((SELECT max(seq) FROM sse_entries), (SELECT base FROM sse_log))`,
  )
}

function newNonce(): string {
  return randomBytes(6).toString('hex')
}
