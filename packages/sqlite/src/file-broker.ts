import type { DatabaseSync } from 'node:sqlite'
import {
  type Entry,
  type OpenTransaction,
  type Page,
  type Published,
  type Receiver,
  SseError,
} from '@sse/core'
import { Delivery } from './publishing/delivery.ts'
import { bytesOf } from './log/log-table.ts'
import { type OpenLog, openLog } from './open-log.ts'
import type { Settings } from './options.ts'
import type { SqliteBroker } from './sqlite-broker.ts'
import { refuseAsync, Transaction } from './publishing/transaction.ts'
import { whileLocked } from './while-locked.ts'
import type { Publish } from './publishing/writer.ts'

/** The broker over its file: opened by `start`, and whose turn it is. */
export class FileBroker implements SqliteBroker {
  readonly #source: string | DatabaseSync
  readonly #settings: Settings
  readonly #delivery = new Delivery()
  /** From the call of `start` on, unless that fails. */
  #opening: Promise<{ head: string; tail: readonly Entry[] }> | undefined
  #opened: OpenLog | undefined
  #transaction: Transaction | undefined
  #closed: Promise<void> | undefined

  constructor(source: string | DatabaseSync, settings: Settings) {
    this.#source = source
    this.#settings = settings
  }

  get openTransaction(): OpenTransaction | undefined {
    return this.#transaction
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    this.#refuseWhenClosed()
    if (this.#opening) {
      const message =
        'The broker has a hub already. Give each hub a broker of its own: a SQLite file has one hub, several share a log with @sse/redis.'
      throw new SseError('invalid-option', message)
    }
    this.#opening = this.#open(receiver)
    try {
      return await this.#opening
    } catch (error) {
      // Nothing is left of it: it may be tried again.
      this.#opening = undefined
      throw error
    }
  }

  /** Everything until it waits happens in the call: within a transaction it must. */
  async publish(
    channels: readonly string[],
    { event, data }: { readonly event?: string | undefined; readonly data: string },
    { idempotencyKey: key }: { readonly idempotencyKey?: string | undefined } = {},
  ): Promise<Published> {
    const { writer } = this.#use()
    const outcome = Promise.withResolvers<Published>()
    const bytes = bytesOf(channels, event, data)
    const publish: Publish = { channels: [...channels], event, data, key, bytes, outcome }
    if (this.#transaction) this.#transaction.add(publish)
    else writer.add(publish)
    return outcome.promise
  }

  async read(after: string, { limit, signal }: { limit: number; signal: AbortSignal }): Promise<Page> {
    signal.throwIfAborted()
    return this.#use().reads.add(after, limit, signal)
  }

  /** One process has the log: its own receivers are all there are. */
  async signal(text: string): Promise<void> {
    this.#use()
    this.#delivery.signal(text)
  }

  transaction<T>(fn: (database: DatabaseSync) => T): T {
    refuseAsync(fn)
    const { connection, writer } = this.#use()
    if (this.#transaction || connection.inTransaction) {
      const message =
        'A transaction is open already: SQLite has one at a time. Do it all within one function.'
      throw new SseError('invalid-transaction', message)
    }
    const transaction = new Transaction(connection, writer)
    try {
      connection.letCheckpointEnd()
      // What was published before comes before.
      writer.flush()
      return transaction.run((database) => this.#within(transaction, fn, database))
    } finally {
      this.#delivery.deliver()
    }
  }

  /** Only what is published while the function runs joins. */
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
    // A transaction that is open now is over by then, and what was taken is written.
    await this.#opened?.writer.settled()
    this.#delivery.deliver()
    this.#delivery.receiver = undefined
    this.#opened?.close()
  }

  /** Waits a while for a process before that has the log still. */
  async #open(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    const opened = await whileLocked(this.#settings.lockTimeout, () => {
      this.#refuseWhenClosed()
      return openLog(this.#source, this.#settings, this.#delivery)
    })
    try {
      this.#refuseWhenClosed()
      const { table, health } = opened.connection
      const start = opened.connection.own(() => ({
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
    throw new SseError('not-ready', 'The log is open once the broker has started: await hub.ready.')
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new SseError('closed', 'The broker is closed: close it after its last use.')
  }
}
