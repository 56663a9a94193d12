import { refuseOption } from '@sse/core/internal'
import { FileBroker } from './file-broker.ts'
import { DatabaseSync } from './node-sqlite.ts'
import { type SqliteBrokerOptions, settingsOf } from './options.ts'
import type { SqliteBroker } from './sqlite-broker.ts'

/**
 * Keeps the log in a SQLite file, so that it survives restarts, for one hub. `start` opens the file and rejects with what is wrong:
 * `log-locked` if another process has it, `log-corrupt`, `log-read-only`, `log-full`, `log-failed`. It leaves nothing behind and may be
 * called again; the hub does that. To start a broker twice is refused: `invalid-option`.
 *
 * @param database the path of the file, or the app's own database, which the app closes itself, after the broker
 * @throws {SseError} `invalid-option`
 */
export function createSqliteBroker(
  database: string | DatabaseSync,
  options: SqliteBrokerOptions = {},
): SqliteBroker {
  if (!(database instanceof DatabaseSync) && (typeof database !== 'string' || database === ''))
    refuseOption('database', 'a path or a DatabaseSync of node:sqlite', database)
  const settings = settingsOf(options)
  const fallback = typeof database === 'string' ? 'normal' : undefined
  return new FileBroker(database, { ...settings, synchronous: settings.synchronous ?? fallback })
}
