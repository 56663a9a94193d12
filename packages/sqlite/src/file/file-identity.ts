import { realpathSync, type Stats, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { failure } from '../failure.ts'

/**
 * Notices when the file was deleted or replaced: SQLite would continue to write into the old file, and the process would take what it wrote
 * with it. The check before each commit costs two microseconds per file.
 */
export class FileIdentity {
  /** The path, for messages; `:memory:` if there is none. */
  readonly path: string
  readonly #files: readonly { readonly path: string; readonly identity: string }[]
  /** Bytes of the write-ahead log at the last check; 0 for a database in memory. */
  walBytes = 0

  /** Notes the files as they are now. Something must have been written, so that the write-ahead log exists. */
  constructor(database: DatabaseSync) {
    const path = pathOf(database)
    this.path = path ?? ':memory:'
    this.#files = (path === undefined ? [] : [path, `${path}-wal`]).flatMap((file) => {
      const identity = identityOf(statSync(file, { throwIfNoEntry: false }))
      return identity === undefined ? [] : [{ path: file, identity }]
    })
  }

  /** @throws {SseError} `log-gone` unless the files are the same */
  check(): void {
    for (const { path, identity } of this.#files) {
      const stats = statSync(path, { throwIfNoEntry: false })
      if (identityOf(stats) !== identity) throw failure('log-gone', this.path)
      // The last file is the write-ahead log.
      this.walBytes = stats?.size ?? 0
    }
  }
}

/** The path without symbolic links; `undefined` for a database in memory. */
export function pathOf(database: DatabaseSync): string | undefined {
  const location = database.location()
  return location ? realpathSync(location) : undefined
}

function identityOf(stats: Stats | undefined): string | undefined {
  return stats && `${stats.dev}:${stats.ino}`
}
