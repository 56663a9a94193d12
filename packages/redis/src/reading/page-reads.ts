import type { Page } from '@sse/core'
import type { Connection } from '../connection/connection.ts'
import { parseId } from '../log/cursor.ts'
import { closedError, failureOf } from '../failure.ts'
import type { Keys } from '../log/keys.ts'
import type { Line } from '../connection/reconnecting-connection.ts'
import { lookAt } from '../log/log-state.ts'
import { readPage } from './read-page.ts'
import type { TransferSize } from '../connection/transfer-size.ts'

/** Pages asked of Redis at the same time: what is published on the same connection does not wait for more than these. */
const concurrency = 4
/** Entries of a page, at the most. */
const largest = 1_024

interface Reader {
  readonly page: PromiseWithResolvers<Page>
  /** Takes its listener off the signal. */
  readonly settle: () => void
}

/** A page that one or several wait for. */
interface Job {
  readonly key: string
  readonly after: string
  readonly limit: number
  readonly readers: Set<Reader>
}

/** Reads wait in line; those of the same page wait for one answer. */
export class Replay {
  readonly #line: Line
  readonly #keys: Keys
  readonly #timeout: number
  readonly #size: TransferSize
  /** Those that wait, by what they read. A map keeps its order, and lets go of its first without moving the others. */
  readonly #queued = new Map<string, Job>()
  readonly #running = new Set<Job>()
  #closed = false

  constructor(line: Line, keys: Keys, timeout: number, size: TransferSize) {
    this.#line = line
    this.#keys = keys
    this.#timeout = timeout
    this.#size = size
  }

  read(after: string, limit: number, signal: AbortSignal): Promise<Page> {
    const job = this.#job(after, Math.min(limit, largest))
    const page = Promise.withResolvers<Page>()
    const leave = () => {
      page.reject(signal.reason)
      job.readers.delete(reader)
      if (job.readers.size === 0 && this.#queued.get(job.key) === job) this.#queued.delete(job.key)
    }
    const reader = { page, settle: () => signal.removeEventListener('abort', leave) }
    signal.addEventListener('abort', leave, { once: true })
    job.readers.add(reader)
    return page.promise
  }

  close(): void {
    this.#closed = true
    for (const job of [...this.#running, ...this.#queued.values()]) this.#fail(job, closedError())
    this.#queued.clear()
  }

  /** One that is under way is not joined: what it answers may be older than what the reader knows of. */
  #job(after: string, limit: number): Job {
    const key = `${limit} ${after}`
    const queued = this.#queued.get(key)
    if (queued) return queued
    const job = { key, after, limit, readers: new Set<Reader>() }
    this.#queued.set(key, job)
    queueMicrotask(() => this.#next())
    return job
  }

  #next(): void {
    for (const job of this.#queued.values()) {
      if (this.#running.size >= concurrency) return
      this.#queued.delete(job.key)
      this.#running.add(job)
      void this.#run(job).finally(() => {
        this.#running.delete(job)
        this.#next()
      })
    }
  }

  async #run(job: Job): Promise<void> {
    let connection: Connection
    try {
      connection = await this.#line.connected(this.#timeout)
    } catch (error) {
      // Nor do those wait any longer who came after it.
      const failed = failureOf(error, this.#keys.log)
      for (const waiting of [job, ...this.#queued.values()]) this.#fail(waiting, failed)
      this.#queued.clear()
      return
    }
    try {
      const page = await this.#read(connection, job)
      for (const { page: answer, settle } of job.readers) {
        settle()
        answer.resolve(page)
      }
    } catch (error) {
      this.#fail(job, failureOf(error, this.#keys.log))
    }
  }

  async #read(connection: Connection, { after, limit }: Job): Promise<Page> {
    const cursor = parseId(after)
    if (!cursor) {
      const { head } = await lookAt(connection, this.#keys)
      return { gap: 'unknown', resumeAt: head.id }
    }
    return readPage(connection, this.#keys, cursor, limit, this.#size)
  }

  #fail(job: Job, error: unknown): void {
    for (const { page, settle } of job.readers) {
      settle()
      page.reject(this.#closed ? closedError() : error)
    }
    job.readers.clear()
  }
}
