import { failure, failureOf } from '../failure.ts'
import { DatabaseSync } from '../node-sqlite.ts'

const taken =
  'belongs to another broker, in this process or in another one: close that broker first. A file has one process at a time; several processes of one machine share it through @sse/cluster, others use @sse/redis or @sse/postgres'

/**
 * Makes one process the owner of the log: it holds an exclusive transaction on a file beside the log. The operating system releases the
 * lock however the process ends. The file stays, because two processes could own the log if one deleted it.
 */
export class OwnerLock {
  readonly #file: DatabaseSync

  private constructor(file: DatabaseSync) {
    this.#file = file
  }

  /** @throws {SseError} `log-locked` if there is another owner, and whatever else is wrong with the file */
  static take(path: string): OwnerLock {
    let file: DatabaseSync | undefined
    try {
      file = new DatabaseSync(`${path}-sse-lock`, { timeout: 0 })
      file.exec('BEGIN EXCLUSIVE')
      return new OwnerLock(file)
    } catch (error) {
      file?.close()
      const failed = failureOf(error, path)
      throw failed.code === 'log-locked' ? failure('log-locked', path, taken) : failed
    }
  }

  release(): void {
    this.#file.close()
  }
}
