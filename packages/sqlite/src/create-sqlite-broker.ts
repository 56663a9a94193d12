import { SseError } from '@sse/core'
import { show } from '@sse/core/internal'
import { FileBroker } from './file-broker.ts'
import { DatabaseSync } from './node-sqlite.ts'
import { type SqliteBrokerOptions, settingsOf } from './options.ts'
import type { SqliteBroker } from './sqlite-broker.ts'

/**
 * The log in a SQLite file that survives restarts, for one hub. `start` opens it, and rejects with what is wrong: `log-locked` when another
 * process has it, `log-corrupt`, `log-read-only`, `log-full`, `log-failed`. Nothing of a failed start remains, and it may be called again;
 * the hub does so. To start a broker that has started is refused: `invalid-option`.
 *
 * @param database the path of the file, or the app's own database, which the app closes itself, after the broker
 * @throws {SseError} `invalid-option`
 */
export function createSqliteBroker(
  database: string | DatabaseSync,
  options: SqliteBrokerOptions = {},
): SqliteBroker {
  if (!(database instanceof DatabaseSync) && (typeof database !== 'string' || database === '')) {
    const message = `createSqliteBroker takes a path or a DatabaseSync of node:sqlite, not ${show(database)}.`
    throw new SseError('invalid-option', message, { value: database })
  }
  const settings = settingsOf(options)
  const fallback = typeof database === 'string' ? 'normal' : undefined
  return new FileBroker(database, { ...settings, synchronous: settings.synchronous ?? fallback })
}
