import { failure, failureOf } from '../failure.ts'
import { DatabaseSync } from '../node-sqlite.ts'

/**
 * Who owns a log: the process that holds an exclusive transaction on a file of its own beside it. The operating system lets go of it
 * when the process ends, however it ends. The file stays: to take it away would let two have it.
 */
export class OwnerLock {
  readonly #file: DatabaseSync

  private constructor(file: DatabaseSync) {
    this.#file = file
  }

  /** @throws {SseError} `log-locked` when another has it; what else goes wrong with the file */
  static take(path: string): OwnerLock {
    let file: DatabaseSync | undefined
    try {
      file = new DatabaseSync(`${path}-sse-lock`, { timeout: 0 })
      file.exec('BEGIN EXCLUSIVE')
      return new OwnerLock(file)
    } catch (error) {
      file?.close()
      const failed = failureOf(error, path)
      if (failed.code !== 'log-locked') throw failed
      const because =
        'belongs to another broker, of this process or of another one, until that one is closed: a file has one process at a time. For several processes there is @sse/redis'
      throw failure('log-locked', path, { because })
    }
  }

  release(): void {
    this.#file.close()
  }
}
