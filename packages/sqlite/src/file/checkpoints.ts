import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { appSettings, pragma, setAutoCheckpoint } from './app-settings.ts'
import type { Home } from './file-identity.ts'

/** Milliseconds between two attempts while a reader stands in the way. */
const interval = 1_000
/** How often larger than what SQLite's own checkpoints leave a write-ahead log is too large; and again, each time that it is told of. */
const factor = 4
/** Milliseconds that a transaction of the app waits for the thread to cut the file off: measured, 0.3 s for 200 MB. */
const patience = 5_000

/**
 * What the thread does. `copy` writes the log into the file, without a lock that a commit needs, and answers how many pages are left. `cut`
 * writes the rest and makes the file empty; for that it takes the lock to write, and `cutting` tells when it has let go of it.
 */
const program = `
  const { parentPort, workerData: { path, cutting } } = require('node:worker_threads')
  const { DatabaseSync } = require('node:sqlite')
  const database = new DatabaseSync(path, { timeout: 100 })
  const checkpoint = (mode) => database.prepare('PRAGMA wal_checkpoint(' + mode + ')').get()
  const tasks = {
    copy() {
      const { log, checkpointed } = checkpoint('PASSIVE')
      parentPort.postMessage({ left: log - checkpointed })
    },
    cut() {
      try {
        checkpoint('TRUNCATE')
      } finally {
        Atomics.store(cutting, 0, 0)
        Atomics.notify(cutting, 0)
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
 * Keeps the write-ahead log small. SQLite does that itself, every 1,000 pages; but a reader that stays, such as a query that is not read to
 * its end, makes the log grow. The first commit after it would copy all of the log within the event loop, and leave the file as large. So
 * while it is too large commits copy nothing: a thread does, and then makes the file empty.
 *
 * An app that has switched the automatic checkpoints off looks after the log itself.
 */
export class Checkpoints {
  readonly #database: DatabaseSync
  readonly #home: Home
  readonly #pageSize: number
  /** Whether the thread makes the file empty, and has the lock to write: 1 or 0. */
  readonly #cutting = new Int32Array(new SharedArrayBuffer(4))
  /** Pages after which the app's connection checkpoints by itself. */
  #autoCheckpoint: number
  #worker: Worker | undefined
  #timer: NodeJS.Timeout | undefined
  /** No thread could be had: not to be tried again before that, by the monotonic clock. */
  #notBefore = 0
  /** Bytes at which it is told next that the log grows. */
  #telling = 0

  constructor(database: DatabaseSync, home: Home) {
    this.#database = database
    this.#home = home
    this.#pageSize = pragma(database, 'page_size')
    this.#autoCheckpoint = appSettings(database).autoCheckpoint
  }

  /** Before a commit: looks whether the files are in their place, and how large the log is. @throws {SseError} `log-gone` */
  look(): void {
    this.#home.check()
    const { walBytes } = this.#home
    if (walBytes <= this.#limit) return
    if (this.#worker) this.#tell(walBytes)
    else this.#begin()
  }

  /** For a transaction of the app, which cannot try again by itself: waits until our own thread lets go of the lock to write. */
  letGo(): void {
    if (Atomics.load(this.#cutting, 0) === 1) Atomics.wait(this.#cutting, 0, 1, patience)
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

  /** Pages that SQLite's own checkpoints leave. */
  get #usual(): number {
    return Math.max(this.#autoCheckpoint || Number.POSITIVE_INFINITY, 1_000)
  }

  #begin(): void {
    if (performance.now() < this.#notBefore) return
    // The app may have set it since.
    this.#autoCheckpoint = appSettings(this.#database).autoCheckpoint
    if (this.#home.walBytes <= this.#limit) return
    this.#telling = this.#limit * factor
    try {
      this.#worker = this.#start()
      setAutoCheckpoint(this.#database, 0)
    } catch {
      this.#failed()
    }
  }

  #start(): Worker {
    const workerData = { path: this.#home.path, cutting: this.#cutting }
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

  /** @param left pages that are not copied yet; `undefined` once it has tried to make the file empty */
  #answered(left: number | undefined): void {
    if (left !== undefined && left <= this.#usual) {
      Atomics.store(this.#cutting, 0, 1)
      this.#worker?.postMessage('cut')
    } else if (left === undefined && this.#isSmall()) {
      this.close()
    } else {
      this.#timer = setTimeout(() => this.#worker?.postMessage('copy'), interval).unref()
    }
  }

  #isSmall(): boolean {
    try {
      this.#home.check()
      return this.#home.walBytes <= this.#limit
    } catch {
      // The next commit tells that it is gone.
      return false
    }
  }

  /** Without a thread it is as SQLite does it. */
  #failed(): void {
    this.#notBefore = performance.now() + 60_000
    Atomics.store(this.#cutting, 0, 0)
    this.close()
  }

  #tell(bytes: number): void {
    if (bytes < this.#telling) return
    this.#telling = bytes * factor
    const size = `${Math.round(bytes / 1_048_576)} MiB`
    process.emitWarning(
      `The write-ahead log of ${this.#home.path} has ${size} and grows until a reader ends: a query that was not read to its end, or a transaction that stays open, in this process or in another program.`,
      { type: 'SseWarning', code: 'SSE_SQLITE_WAL' },
    )
  }
}
