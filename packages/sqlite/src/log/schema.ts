import type { DatabaseSync } from 'node:sqlite'
import { randomText } from '@sse/core/internal'
import { failure } from '../failure.ts'

/** The version of the tables below. A log of a later version is refused. */
const version = 3

/**
 * `sse_log` keeps the position before the oldest entry, so that an empty log still has a head. `sse_terms` has the nonces. `bytes` of an
 * entry counts the texts of all entries up to it since the log began, so the size of the log is a difference of two. `sse_probe` is
 * written to find out whether a log that failed can be written to again, and is empty otherwise. `sse_records` has the newest entry of each
 * record of a channel, whole, because records outlive their entries. `sse_ends` has the channels whose newest entry is an end.
 */
const tables = `
  CREATE TABLE IF NOT EXISTS sse_log (
    one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, epoch TEXT NOT NULL,
    base INTEGER NOT NULL, base_bytes INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sse_terms (first INTEGER PRIMARY KEY, nonce TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS sse_entries (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes INTEGER NOT NULL,
    channels TEXT NOT NULL, event TEXT, data TEXT NOT NULL, record TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sse_keys (key TEXT PRIMARY KEY, id TEXT NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sse_probe (one INTEGER PRIMARY KEY CHECK (one = 1), filler BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS sse_records (
    channel TEXT NOT NULL, record TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, previous TEXT NOT NULL,
    channels TEXT NOT NULL, event TEXT, data TEXT NOT NULL, at INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (channel, record)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sse_ends (channel TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sse_keys_by_age ON sse_keys (expires);
`

/** The second version had neither the time nor the bytes of a record. */
const withTimes = `
  ALTER TABLE sse_records ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE sse_records ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  UPDATE sse_records SET at = unixepoch() * 1000,
    bytes = length(CAST(channel || record || coalesce(event, '') || data AS BLOB));
`

/** Before the third version the ends of channels were only in the log. */
const endsInLog = `
  INSERT INTO sse_ends SELECT value, last FROM (
    SELECT channel.value, max(seq) AS last, event FROM sse_entries, json_each(channels) AS channel GROUP BY channel.value
  ) WHERE event = 'sse.end'
`

/** Makes missing tables, and draws a nonce for the entries to come. Runs within a transaction. */
export function prepareTables(database: DatabaseSync, path: string): void {
  database.exec(tables)
  const log = database.prepare('SELECT version FROM sse_log')
  log.setReturnArrays(false)
  log.setReadBigInts(false)
  const found = log.get()
  if (!found) {
    database
      .prepare('INSERT INTO sse_log (one, version, epoch, base, base_bytes) VALUES (1, ?, ?, 0, 0)')
      .run(version, randomText(4))
    database.prepare('INSERT OR REPLACE INTO sse_terms VALUES (0, ?)').run(randomText(6))
  } else if (Number(found['version']) > version) {
    const later = `was written by a later version of @sse/sqlite (${found['version']}, this one writes ${version}): install that version`
    throw failure('log-failed', path, later)
  } else if (found['version'] !== version) {
    database.exec(found['version'] === 1 ? 'ALTER TABLE sse_entries ADD COLUMN record TEXT' : withTimes)
    database.exec(endsInLog)
    database.prepare('UPDATE sse_log SET version = ?').run(version)
  }
  database.exec('CREATE INDEX IF NOT EXISTS sse_records_by_age ON sse_records (at)')
  const next = '1 + coalesce((SELECT max(seq) FROM sse_entries), (SELECT base FROM sse_log))'
  database.prepare(`INSERT OR REPLACE INTO sse_terms SELECT ${next}, ?`).run(randomText(6))
  // Nonces and records of a lost tail: the entries to come have other ids.
  database.exec(
    `DELETE FROM sse_terms WHERE first > ${next}; DELETE FROM sse_records WHERE seq >= ${next}; DELETE FROM sse_ends WHERE seq >= ${next}`,
  )
}
