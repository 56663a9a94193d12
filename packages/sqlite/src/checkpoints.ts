import type { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { appSettings, asideFromApp, pragma, setAutoCheckpoint } from './app-settings.ts'
import type { Home } from './home.ts'

/** Milliseconds between two attempts while a reader stands in the way. */
const interval = 1_000
/** How often larger than what SQLite's own checkpoints leave a write-ahead log is too large. */
const factor = 4
/** How often larger again it is told of, each time. */
const worth = 4

/**
 * Copies the write-ahead log into the file, and answers the pages that are left: in a thread of its own, because for a hundred
 * megabytes it takes a second. PASSIVE takes no lock that a commit needs.
 */
const program = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { DatabaseSync } = require('node:sqlite')
  const database = new DatabaseSync(workerData, { timeout: 0 })
  parentPort.on('message', (go) => {
    if (!go) {
      database.close()
      parentPort.close()
      return
    }
    const { log, checkpointed } = database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()
    parentPort.postMessage(log - checkpointed)
  })
`

/**
 * Keeps the write-ahead log small. SQLite does that itself, every 1,000 pages; but a reader that stays, such as a query that somebody does not
 * finish, makes the log grow, and the commit after its end would copy all of it within the event loop and leave the file as
 * large. So while it is too large commits copy nothing, a thread does, and what is left when it is done is cut off.
 *
 * An app that has switched the automatic checkpoints off looks after the log itself.
 */
export class Checkpoints {
  readonly #database: DatabaseSync
  readonly #home: Home
  readonly #pageSize: number
  /** Pages after which the app's connection checkpoints by itself. */
  #autoCheckpoint = 0
  #worker: Worker | undefined
  #timer: NodeJS.Timeout | undefined
  /** Not to be tried again, by the monotonic clock: no thread can be had. */
  #notBefore = 0
  /** Bytes at which it is told next that the log grows. */
  #telling = 0

  constructor(database: DatabaseSync, home: Home) {
    this.#database = database
    this.#home = home
    this.#pageSize = pragma(database, 'page_size')
    this.#read()
  }

  /** Before a commit: looks whether the files are in their place, and how large the log is. @throws {SseError} `log-gone` */
  look(): void {
    this.#home.check()
    const { walBytes } = this.#home
    if (walBytes <= this.#limit) return
    if (this.#worker) this.#tell(walBytes)
    else this.#begin()
  }

  close(): void {
    this.#end()
  }

  get #limit(): number {
    const pages = this.#autoCheckpoint || Number.POSITIVE_INFINITY
    return Math.max(pages, 1_000) * this.#pageSize * factor
  }

  #read(): void {
    this.#autoCheckpoint = appSettings(this.#database).autoCheckpoint
  }

  #begin(): void {
    if (performance.now() < this.#notBefore) return
    // The app may have set it since.
    this.#read()
    if (this.#home.walBytes <= this.#limit) return
    this.#telling = this.#limit * worth
    try {
      this.#worker = this.#start()
      setAutoCheckpoint(this.#database, 0)
    } catch {
      this.#failed()
    }
  }

  #start(): Worker {
    const worker = new Worker(program, { eval: true, execArgv: [], workerData: this.#home.path })
    worker.unref()
    worker.on('message', (left: number) => {
      if (worker === this.#worker) this.#copied(left)
    })
    worker.on('error', () => {
      if (worker === this.#worker) this.#failed()
    })
    worker.postMessage(true)
    return worker
  }

  /** What little is left is done here: it also cuts the file off, which takes the lock that a commit needs. */
  #copied(left: number): void {
    if (left <= Math.max(this.#autoCheckpoint, 1_000) && this.#truncate()) this.#end()
    else this.#timer = setTimeout(() => this.#worker?.postMessage(true), interval).unref()
  }

  /** Without a thread it is as SQLite does it. */
  #failed(): void {
    this.#notBefore = performance.now() + 60_000
    this.#end()
  }

  #truncate(): boolean {
    const database = this.#database
    if (!database.isOpen || database.isTransaction) return false
    try {
      asideFromApp(database, () => database.exec('PRAGMA main.wal_checkpoint(TRUNCATE)'))
      this.#home.check()
      return this.#home.walBytes <= this.#limit
    } catch {
      // The next commit tells what is wrong.
      return false
    }
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#worker?.postMessage(false)
    if (this.#worker && this.#database.isOpen) setAutoCheckpoint(this.#database, this.#autoCheckpoint)
    this.#worker = undefined
  }

  #tell(bytes: number): void {
    if (bytes < this.#telling) return
    this.#telling = bytes * worth
    const size = `${Math.round(bytes / 1_048_576)} MiB`
    process.emitWarning(
      `The write-ahead log of ${this.#home.path} has ${size} and grows until a reader ends: a query that was not read to its end, or a transaction that stays open, in this process or in another program.`,
      { type: 'SseWarning', code: 'SSE_SQLITE_WAL' },
    )
  }
}
