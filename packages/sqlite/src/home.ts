import { realpathSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { failure } from './failure.ts'

/**
 * The place of the file. SQLite goes on writing into a file that was deleted or replaced, and what it writes is lost with the process:
 * so it is looked at before every commit, which costs two microseconds a file.
 */
export class Home {
  /** For messages: the path, or that there is none. */
  readonly path: string
  readonly #files: readonly { readonly path: string; readonly identity: string }[]

  private constructor(path: string, files: readonly string[]) {
    this.path = path
    this.#files = files.flatMap((file) => {
      const identity = identityOf(file)
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
      if (identityOf(path) !== identity) throw failure('log-gone', this.path)
    }
  }
}

/** The one path of a database by all its names; `undefined` when it is in memory. */
export function pathOf(database: DatabaseSync): string | undefined {
  const location = database.location()
  return location ? realpathSync(location) : undefined
}

function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats && `${stats.dev}:${stats.ino}`
}
