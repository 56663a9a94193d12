import type { Page } from '@sse/core'
import { closedError } from '@sse/core/internal'
import type { Connection } from '../connection/connection.ts'
import type { ReconnectingConnection } from '../connection/reconnecting-connection.ts'
import type { TransferSize } from '../connection/transfer-size.ts'
import { failureOf } from '../failure.ts'
import { parseId } from '../log/cursor.ts'
import type { Keys } from '../log/keys.ts'
import { lookAt } from '../log/log-state.ts'
import { readPage } from './read-page.ts'

/** Pages that are read at the same time. A publish on the same connection waits for no more than these. */
const concurrency = 4
/** Entries in one page at most. */
const pageEntries = 1_024

interface Waiter {
  readonly page: PromiseWithResolvers<Page>
  /** Removes its listener from the signal. */
  readonly settle: () => void
}

/** One page, and all that wait for it. */
interface PageRead {
  readonly key: string
  readonly after: string
  readonly limit: number
  readonly waiters: Set<Waiter>
}

/** A queue of page reads. Reads of the same page share one. */
export class PageReads {
  readonly #commands: ReconnectingConnection
  readonly #keys: Keys
  readonly #timeout: number
  readonly #size: TransferSize
  /** By limit and cursor. A map keeps its order, and removes its first without moving the others. */
  readonly #queued = new Map<string, PageRead>()
  readonly #running = new Set<PageRead>()
  #closed = false

  constructor(commands: ReconnectingConnection, keys: Keys, timeout: number, size: TransferSize) {
    this.#commands = commands
    this.#keys = keys
    this.#timeout = timeout
    this.#size = size
  }

  read(after: string, limit: number, signal: AbortSignal): Promise<Page> {
    const read = this.#queue(after, Math.min(limit, pageEntries))
    const page = Promise.withResolvers<Page>()
    const abort = () => {
      page.reject(signal.reason)
      read.waiters.delete(waiter)
      if (read.waiters.size === 0 && this.#queued.get(read.key) === read) this.#queued.delete(read.key)
    }
    const waiter = { page, settle: () => signal.removeEventListener('abort', abort) }
    signal.addEventListener('abort', abort, { once: true })
    read.waiters.add(waiter)
    return page.promise
  }

  close(): void {
    this.#closed = true
    for (const read of [...this.#running, ...this.#queued.values()]) this.#fail(read, closedError())
    this.#queued.clear()
  }

  /** A running read is not shared, because its page may lack entries that the caller knows. */
  #queue(after: string, limit: number): PageRead {
    const key = `${limit} ${after}`
    const queued = this.#queued.get(key)
    if (queued) return queued
    const read = { key, after, limit, waiters: new Set<Waiter>() }
    this.#queued.set(key, read)
    queueMicrotask(() => this.#next())
    return read
  }

  #next(): void {
    for (const read of this.#queued.values()) {
      if (this.#running.size >= concurrency) return
      this.#queued.delete(read.key)
      this.#running.add(read)
      void this.#run(read).finally(() => {
        this.#running.delete(read)
        this.#next()
      })
    }
  }

  async #run(read: PageRead): Promise<void> {
    let connection: Connection
    try {
      connection = await this.#commands.connected(this.#timeout)
    } catch (error) {
      // All reads in the queue fail with it: none of them could be answered either.
      const failed = failureOf(error, this.#keys.log)
      for (const waiting of [read, ...this.#queued.values()]) this.#fail(waiting, failed)
      this.#queued.clear()
      return
    }
    try {
      const page = await this.#readPage(connection, read)
      for (const waiter of read.waiters) {
        waiter.settle()
        waiter.page.resolve(page)
      }
    } catch (error) {
      this.#fail(read, failureOf(error, this.#keys.log))
    }
  }

  async #readPage(connection: Connection, { after, limit }: PageRead): Promise<Page> {
    const cursor = parseId(after)
    if (cursor) return readPage(connection, this.#keys, cursor, limit, this.#size)
    const { head } = await lookAt(connection, this.#keys)
    return { gap: 'unknown', resumeAt: head.id }
  }

  #fail(read: PageRead, error: unknown): void {
    for (const { page, settle } of read.waiters) {
      settle()
      page.reject(this.#closed ? closedError() : error)
    }
    read.waiters.clear()
  }
}
