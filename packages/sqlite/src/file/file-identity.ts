import { realpathSync, type Stats, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { failure } from '../failure.ts'

/**
 * The place of the file. SQLite goes on writing into a file that was deleted or replaced, and what it writes is lost with the process:
 * so it is looked at before every commit, which costs two microseconds a file.
 */
export class Home {
  /** For messages: the path, or that there is none. */
  readonly path: string
  readonly #files: readonly { readonly path: string; readonly identity: string }[]
  /** Bytes of the write-ahead log when it was looked at last; 0 for a database in memory. */
  walBytes = 0

  private constructor(path: string, files: readonly string[]) {
    this.path = path
    this.#files = files.flatMap((file) => {
      const identity = identityOf(statSync(file, { throwIfNoEntry: false }))
      return identity === undefined ? [] : [{ path: file, identity }]
    })
  }

  /** As it is now: after something was written, so that the write-ahead log is there. */
  static of(database: DatabaseSync): Home {
    const path = pathOf(database)
    return path === undefined ? new Home(':memory:', []) : new Home(path, [path, `${path}-wal`])
  }

  /** @throws {SseError} `log-gone` unless the files are where they were */
  check(): void {
    for (const { path, identity } of this.#files) {
      const stats = statSync(path, { throwIfNoEntry: false })
      if (identityOf(stats) !== identity) throw failure('log-gone', this.path)
      // The last of them is the write-ahead log.
      this.walBytes = stats?.size ?? 0
    }
  }
}

/** The one path of a database by all its names; `undefined` when it is in memory. */
export function pathOf(database: DatabaseSync): string | undefined {
  const location = database.location()
  return location ? realpathSync(location) : undefined
}

function identityOf(stats: Stats | undefined): string | undefined {
  return stats && `${stats.dev}:${stats.ino}`
}
