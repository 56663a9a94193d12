import type { DatabaseSync } from 'node:sqlite'
import {
  type Entry,
  type OpenTransaction,
  type Page,
  type Published,
  type Receiver,
  SseError,
} from '@sse/core'
import { Delivery } from './delivery.ts'
import { bytesOf } from './log-table.ts'
import { type OpenLog, openLog } from './open-log.ts'
import type { Settings } from './options.ts'
import type { SqliteBroker } from './sqlite-broker.ts'
import { refuseAsync, Transaction } from './transaction.ts'
import { whileLocked } from './while-locked.ts'
import type { Publish } from './writer.ts'

/** The broker over its file: opened by `start`, and whose turn it is. */
export class FileBroker implements SqliteBroker {
  readonly #source: string | DatabaseSync
  readonly #settings: Settings
  readonly #delivery = new Delivery()
  #opening: Promise<OpenLog> | undefined
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
    this.#opening ??= this.#open()
    try {
      const { connection } = this.#opened ?? (await this.#opening)
      this.#refuseWhenClosed()
      const { head, tail } = connection.own(() => ({
        head: connection.table.headId,
        tail: connection.table.tail(this.#settings.tail),
      }))
      this.#delivery.add(receiver)
      receiver.health(connection.health.state)
      return { head, tail }
    } catch (error) {
      if (!this.#opened) this.#opening = undefined
      this.#refuseWhenClosed()
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
    const transaction = new Transaction()
    try {
      // What was published before comes before.
      writer.flush()
      return transaction.run(connection, writer, (database) => this.#within(transaction, fn, database))
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
    // A transaction that is open now is over by then.
    await Promise.resolve()
    const opened = this.#opened ?? (await this.#opening?.catch(() => undefined))
    if (!opened) return
    opened.writer.close()
    this.#delivery.deliver()
    this.#delivery.clear()
    opened.close()
  }

  async #open(): Promise<OpenLog> {
    const { lockTimeout } = this.#settings
    const stopped = () => this.#closed !== undefined
    this.#opened = await whileLocked(lockTimeout, stopped, () =>
      openLog(this.#source, this.#settings, this.#delivery),
    )
    return this.#opened
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
