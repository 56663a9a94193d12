import {
  type BrokerMessage,
  type BrokerPublishOptions,
  type EndedChannels,
  type Entry,
  type Page,
  type Published,
  type PublishedInTransaction,
  type Receiver,
  type Records,
  SseError,
} from '@sse/core'
import { closedError } from '@sse/core/internal'
import type { Log } from './log/log.ts'
import { encodeEntry, encodeName } from './log/stored-entry.ts'
import { type OpenLog, openLog } from './open-log.ts'
import type { Settings } from './options.ts'
import type { PostgresBroker, PostgresStats } from './postgres-broker.ts'
import { enqueue } from './publishing/transaction.ts'

/** The broker. `start` opens its log. */
export class LogBroker implements PostgresBroker {
  readonly #settings: Settings
  #opening: Promise<OpenLog> | undefined
  #opened: OpenLog | undefined
  #closed: Promise<void> | undefined

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    if (this.#closed) throw closedError()
    if (this.#opening) {
      const message = 'The broker has a hub already: give each hub a broker of its own.'
      throw new SseError('invalid-option', message)
    }
    this.#opening = openLog(this.#settings, receiver)
    try {
      const opened = await this.#opening
      if (this.#closed) throw closedError()
      this.#opened = opened
      opened.run()
      return opened.started
    } catch (error) {
      // `start` may be called again.
      this.#opening = undefined
      throw this.#closed ? closedError() : error
    }
  }

  async publish(
    channels: readonly string[],
    { event, data }: BrokerMessage,
    { idempotencyKey, record }: BrokerPublishOptions = {},
  ): Promise<Published> {
    const { writer } = this.#use()
    const key = idempotencyKey === undefined ? null : encodeName(idempotencyKey)
    return writer.publish(encodeEntry({ channels, event, data, record }), key)
  }

  async publishIn(
    transaction: object,
    channels: readonly string[],
    { event, data }: BrokerMessage,
    { idempotencyKey, record }: BrokerPublishOptions = {},
  ): Promise<PublishedInTransaction> {
    const { log, sequencer } = this.#use()
    const key = idempotencyKey === undefined ? null : encodeName(idempotencyKey)
    const texts = encodeEntry({ channels, event, data, record })
    const { receipt, duplicate, xid } = await enqueue(transaction, log, texts, key)
    if (xid !== undefined) sequencer.watch(xid)
    return { receipt, duplicate }
  }

  async idOf(receipt: string): Promise<string> {
    return this.#use().sequencer.idOf(receipt)
  }

  async read(after: string, { limit, signal }: { limit: number; signal: AbortSignal }): Promise<Page> {
    signal.throwIfAborted()
    return this.#use().pages.read(after, limit, signal)
  }

  async records(channels: readonly string[]): Promise<Records> {
    const names = [...channels]
    return this.#readState((log) => log.records(names))
  }

  async ended(): Promise<EndedChannels> {
    return this.#readState((log) => log.ended())
  }

  async stats(): Promise<PostgresStats> {
    return this.#use().stats()
  }

  async signal(text: string): Promise<void> {
    return this.#use().signals.send(text)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined)
    await opened?.close()
  }

  async #readState<T>(read: (log: Log) => Promise<T>): Promise<T> {
    try {
      return await read(this.#use().log)
    } catch (error) {
      throw this.#closed ? closedError() : error
    }
  }

  #use(): OpenLog {
    if (this.#closed) throw closedError()
    if (this.#opened) return this.#opened
    throw new SseError('not-ready', 'The broker has not started yet: await hub.ready.')
  }
}
