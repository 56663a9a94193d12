import { SseError } from '../errors.ts'
import type { Page } from '../log/broker.ts'
import { closedError } from './log-failure.ts'

/** Pages that are read at the same time. Where publishes use the same connection, they wait for no more than these. */
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

/**
 * Reads a page after a cursor, which may be any text.
 *
 * @throws (rejected) {SseError} `log-unreachable` if no other page could be read either
 */
export type ReadPage = (after: string, limit: number) => Promise<Page>

/** A queue of page reads. Reads of the same page share one. */
export class PageReads {
  readonly #readPage: ReadPage
  /** By limit and cursor. A map keeps its order, and removes its first without moving the others. */
  readonly #queued = new Map<string, PageRead>()
  readonly #running = new Set<PageRead>()
  #closed = false

  constructor(readPage: ReadPage) {
    this.#readPage = readPage
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
    try {
      const page = await this.#readPage(read.after, read.limit)
      for (const waiter of read.waiters) {
        waiter.settle()
        waiter.page.resolve(page)
      }
    } catch (error) {
      this.#fail(read, error)
      if (!(error instanceof SseError) || error.code !== 'log-unreachable') return
      // None of the reads in the queue could be answered either.
      for (const waiting of this.#queued.values()) this.#fail(waiting, error)
      this.#queued.clear()
    }
  }

  #fail(read: PageRead, error: unknown): void {
    for (const { page, settle } of read.waiters) {
      settle()
      page.reject(this.#closed ? closedError() : error)
    }
    read.waiters.clear()
  }
}
