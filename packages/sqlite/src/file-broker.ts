import type { DatabaseSync } from 'node:sqlite'
import {
  type BrokerMessage,
  type BrokerPublishOptions,
  type EndedChannels,
  type Entry,
  type OpenTransaction,
  type Page,
  type Published,
  type Receiver,
  type Records,
  SseError,
} from '@sse/core'
import { closedError } from '@sse/core/internal'
import { type LogTable, textBytes } from './log/log-table.ts'
import { type OpenLog, openLog, retryWhileLocked } from './open-log.ts'
import type { Settings } from './options.ts'
import { Delivery } from './publishing/delivery.ts'
import { refuseAsync, Transaction } from './publishing/transaction.ts'
import type { PendingPublish } from './publishing/writer.ts'
import type { SqliteBroker } from './sqlite-broker.ts'

/** The broker. `start` opens its file. */
export class FileBroker implements SqliteBroker {
  readonly #pathOrDatabase: string | DatabaseSync
  readonly #settings: Settings
  readonly #delivery = new Delivery()
  /** Set by `start`, unless it fails. */
  #opening: Promise<{ head: string; tail: readonly Entry[] }> | undefined
  #opened: OpenLog | undefined
  #transaction: Transaction | undefined
  #closed: Promise<void> | undefined

  constructor(pathOrDatabase: string | DatabaseSync, settings: Settings) {
    this.#pathOrDatabase = pathOrDatabase
    this.#settings = settings
  }

  get openTransaction(): OpenTransaction | undefined {
    return this.#transaction
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    this.#refuseWhenClosed()
    if (this.#opening) {
      const message =
        'The broker has a hub already: give each hub a broker of its own. A SQLite file has one hub; several hubs share it through @sse/cluster, or a log with @sse/redis or @sse/postgres.'
      throw new SseError('invalid-option', message)
    }
    this.#opening = this.#open(receiver)
    try {
      return await this.#opening
    } catch (error) {
      // `start` may be called again.
      this.#opening = undefined
      throw error
    }
  }

  /** Writes or queues within the call, because a transaction must contain its publishes. */
  async publish(
    channels: readonly string[],
    { event, data }: BrokerMessage,
    { idempotencyKey: key, record }: BrokerPublishOptions = {},
  ): Promise<Published> {
    const { writer } = this.#use()
    const outcome = Promise.withResolvers<Published>()
    const entry = { channels: [...channels], event, data, record }
    const publish: PendingPublish = { ...entry, key, bytes: textBytes(entry), outcome }
    if (this.#transaction) this.#transaction.add(publish)
    else writer.add(publish)
    return outcome.promise
  }

  async read(after: string, { limit, signal }: { limit: number; signal: AbortSignal }): Promise<Page> {
    signal.throwIfAborted()
    return this.#use().reads.add(after, limit, signal)
  }

  async records(channels: readonly string[]): Promise<Records> {
    const names = [...channels]
    return this.#readTable((table) => table.records(names))
  }

  async ended(): Promise<EndedChannels> {
    return this.#readTable((table) => table.ended())
  }

  /** Only this process has the log, so there is one receiver. */
  async signal(text: string): Promise<void> {
    this.#use()
    this.#delivery.signal(text)
  }

  transaction<T>(fn: (database: DatabaseSync) => T): T {
    refuseAsync(fn)
    const { connection, writer } = this.#use()
    if (this.#transaction || connection.inTransaction) {
      const message =
        'Another transaction is open, and SQLite has one at a time: do everything within one function.'
      throw new SseError('invalid-transaction', message)
    }
    const transaction = new Transaction(connection, writer)
    try {
      connection.waitForCheckpoint()
      // Earlier publishes come first in the log.
      writer.flush()
      return transaction.run((database) => this.#within(transaction, fn, database))
    } finally {
      this.#delivery.deliver()
    }
  }

  /** In a turn of its own, so that it does not read what an open transaction may still roll back. */
  async #readTable<T>(read: (table: LogTable) => T): Promise<T> {
    await new Promise((resolve) => setImmediate(resolve))
    const { connection } = this.#use()
    return connection.wrapErrors(() => read(connection.table))
  }

  /** Only publishes during the call of the function belong to the transaction. */
  #within<T>(transaction: Transaction, fn: (database: DatabaseSync) => T, database: DatabaseSync): T {
    this.#transaction = transaction
    try {
      return fn(database)
    } finally {
      this.#transaction = undefined
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await this.#opening?.catch(() => undefined)
    // By then an open transaction has ended, and what was queued is written.
    await this.#opened?.writer.settled()
    this.#delivery.deliver()
    this.#delivery.receiver = undefined
    this.#opened?.close()
  }

  async #open(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    const opened = await retryWhileLocked(this.#settings.lockTimeout, () => {
      this.#refuseWhenClosed()
      return openLog(this.#pathOrDatabase, this.#settings, this.#delivery)
    })
    try {
      this.#refuseWhenClosed()
      const { table, health } = opened.connection
      const start = opened.connection.wrapErrors(() => ({
        head: table.headId,
        tail: table.tail(this.#settings.tail),
      }))
      this.#delivery.receiver = receiver
      this.#opened = opened
      receiver.health(health.state)
      return start
    } catch (error) {
      opened.close()
      throw error
    }
  }

  #use(): OpenLog {
    this.#refuseWhenClosed()
    if (this.#opened) return this.#opened
    throw new SseError('not-ready', 'The broker has not started yet: await hub.ready.')
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw closedError()
  }
}
