import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { appSettings, pragma, setAutoCheckpoint } from './app-settings.ts'
import type { FileIdentity } from './file-identity.ts'

/** Milliseconds between two attempts while a reader prevents a checkpoint. */
const interval = 1_000
/** The log is too large at this multiple of the size that SQLite's own checkpoints leave. Each warning comes at this multiple of the size of the last one. */
const factor = 4
/** The maximum milliseconds that a transaction of the app waits for the thread to truncate the log. Measured: 0.3 s for 200 MB. */
const longestWait = 5_000

/**
 * The program of the thread. `copy` copies the log into the file, without a lock that a commit needs, and answers the number of pages left.
 * `truncate` copies the rest and empties the log under the write lock, and sets `truncating` to 0 when it has released the lock.
 */
const program = `
  const { parentPort, workerData: { path, truncating } } = require('node:worker_threads')
  const { DatabaseSync } = require('node:sqlite')
  const database = new DatabaseSync(path, { timeout: 100 })
  const checkpoint = (mode) => database.prepare('PRAGMA wal_checkpoint(' + mode + ')').get()
  const tasks = {
    copy() {
      const { log, checkpointed } = checkpoint('PASSIVE')
      parentPort.postMessage({ left: log - checkpointed })
    },
    truncate() {
      try {
        checkpoint('TRUNCATE')
      } finally {
        Atomics.store(truncating, 0, 0)
        Atomics.notify(truncating, 0)
      }
      parentPort.postMessage({})
    },
    end() {
      database.close()
      parentPort.close()
    },
  }
  parentPort.on('message', (task) => tasks[task]())
`

/**
 * Keeps the write-ahead log small. SQLite does that itself, every 1,000 pages. But while a reader is open, such as a query that is not read
 * to its end, the log grows. The first commit after that would copy the whole log within the event loop, and the file of the log would stay
 * large. So while the log is too large, a thread copies and then truncates it, and commits copy nothing.
 *
 * If the app has switched automatic checkpoints off, this does nothing.
 */
export class Checkpoints {
  readonly #database: DatabaseSync
  readonly #file: FileIdentity
  readonly #pageSize: number
  /** 1 while the thread truncates the log and has the write lock, else 0. */
  readonly #truncating = new Int32Array(new SharedArrayBuffer(4))
  /** The number of pages after which SQLite makes a checkpoint by itself. */
  #autoCheckpoint: number
  #worker: Worker | undefined
  #timer: NodeJS.Timeout | undefined
  /** No thread is started before this time of the monotonic clock, because the last one failed. */
  #notBefore = 0
  /** The size of the log in bytes at which the next warning is emitted. */
  #warnAt = 0

  constructor(database: DatabaseSync, file: FileIdentity) {
    this.#database = database
    this.#file = file
    this.#pageSize = pragma(database, 'page_size')
    this.#autoCheckpoint = appSettings(database).autoCheckpoint
  }

  /** Checks the files and the size of the log, before a commit. @throws {SseError} `log-gone` */
  check(): void {
    this.#file.check()
    const { walBytes } = this.#file
    if (walBytes <= this.#limit) return
    if (this.#worker) this.#warn(walBytes)
    else this.#begin()
  }

  /** Blocks until the thread has released the write lock, because a transaction of the app cannot wait asynchronously. */
  waitForThread(): void {
    if (Atomics.load(this.#truncating, 0) === 1) Atomics.wait(this.#truncating, 0, 1, longestWait)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#worker?.postMessage('end')
    if (this.#worker && this.#database.isOpen) setAutoCheckpoint(this.#database, this.#autoCheckpoint)
    this.#worker = undefined
  }

  get #limit(): number {
    return this.#usual * this.#pageSize * factor
  }

  /** The number of pages that SQLite's own checkpoints leave. */
  get #usual(): number {
    return Math.max(this.#autoCheckpoint || Number.POSITIVE_INFINITY, 1_000)
  }

  #begin(): void {
    if (performance.now() < this.#notBefore) return
    // The app may have changed it.
    this.#autoCheckpoint = appSettings(this.#database).autoCheckpoint
    if (this.#file.walBytes <= this.#limit) return
    this.#warnAt = this.#limit * factor
    try {
      this.#worker = this.#start()
      setAutoCheckpoint(this.#database, 0)
    } catch {
      this.#failed()
    }
  }

  #start(): Worker {
    const workerData = { path: this.#file.path, truncating: this.#truncating }
    const worker = new Worker(program, { eval: true, execArgv: [], workerData })
    worker.unref()
    worker.on('message', (answer: { readonly left?: number }) => {
      if (worker === this.#worker) this.#answered(answer.left)
    })
    worker.on('error', () => {
      if (worker === this.#worker) this.#failed()
    })
    worker.postMessage('copy')
    return worker
  }

  /** @param left pages that are not copied yet; `undefined` after an attempt to truncate */
  #answered(left: number | undefined): void {
    if (left !== undefined && left <= this.#usual) {
      Atomics.store(this.#truncating, 0, 1)
      this.#worker?.postMessage('truncate')
    } else if (left === undefined && this.#isSmall()) {
      this.close()
    } else {
      this.#timer = setTimeout(() => this.#worker?.postMessage('copy'), interval).unref()
    }
  }

  #isSmall(): boolean {
    try {
      this.#file.check()
      return this.#file.walBytes <= this.#limit
    } catch {
      // The next commit reports that the file is gone.
      return false
    }
  }

  /** Without a thread, SQLite makes the checkpoints. */
  #failed(): void {
    this.#notBefore = performance.now() + 60_000
    Atomics.store(this.#truncating, 0, 0)
    this.close()
  }

  #warn(bytes: number): void {
    if (bytes < this.#warnAt) return
    this.#warnAt = bytes * factor
    const size = `${Math.round(bytes / 1_048_576)} MiB`
    process.emitWarning(
      `The write-ahead log of ${this.#file.path} has ${size} and grows until a reader ends: look for a query that was not read to its end, or for an open transaction, in this process and in other programs.`,
      { type: 'SseWarning', code: 'SSE_SQLITE_WAL' },
    )
  }
}
