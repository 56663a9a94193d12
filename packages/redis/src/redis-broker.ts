import {
  type Broker,
  type BrokerMessage,
  type BrokerPublishOptions,
  type EndedChannels,
  type Entry,
  type Page,
  type Published,
  type Receiver,
  type Records,
  SseError,
} from '@sse/core'
import { closedError, PageReads, ReconnectingConnection, SignalQueue } from '@sse/core/internal'
import { brokerClientOf, prefixOf } from './connection/broker-client.ts'
import { Connection } from './connection/connection.ts'
import { TransferSize } from './connection/transfer-size.ts'
import { failureOf } from './failure.ts'
import { warnOfEviction } from './log/eviction.ts'
import { Keys } from './log/keys.ts'
import { lookAt } from './log/log-state.ts'
import { signal, signalArguments } from './log/scripts.ts'
import type { Settings } from './options.ts'
import { NewestAcknowledged } from './publishing/newest-acknowledged.ts'
import { OldRecords } from './publishing/old-records.ts'
import { Writer } from './publishing/writer.ts'
import { LiveReading } from './reading/live-reading.ts'
import { readPage } from './reading/read-page.ts'
import { endedOf, recordsOf } from './reading/records.ts'

/** Milliseconds without a command after which a connection is kept alive. */
const idleInterval = 500

/** What the first use of the broker opens. */
interface Opened {
  /** Publishes, signals and reads pages. Live reading blocks, so it has a connection of its own. */
  readonly commands: ReconnectingConnection<Connection>
  readonly writer: Writer
  readonly pages: PageReads
  readonly signals: SignalQueue
}

/** The broker. Its first use connects it. */
export class RedisBroker implements Broker {
  readonly #settings: Settings
  readonly #keys: Keys
  readonly #acknowledged = new NewestAcknowledged()
  readonly #size = new TransferSize()
  #live: LiveReading | undefined
  #opened: Opened | undefined
  #oldRecords: OldRecords | undefined
  #closed: Promise<void> | undefined

  constructor(settings: Settings) {
    this.#settings = settings
    this.#keys = new Keys(`${prefixOf(settings.client)}{${settings.prefix}}`)
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    const { commands } = this.#use()
    if (this.#live) {
      const message = 'The broker has a hub already: give each hub a broker of its own.'
      throw new SseError('invalid-option', message)
    }
    const live = new LiveReading({
      keys: this.#keys,
      settings: this.#settings,
      receiver,
      connect: (signal) => this.#connect(signal),
      commands,
      acknowledged: this.#acknowledged,
      size: this.#size,
    })
    this.#live = live
    try {
      const started = await live.start()
      if (commands.current) void warnOfEviction(commands.current, this.#keys)
      const { records, maxLength } = this.#settings
      this.#oldRecords = new OldRecords({ commands, keys: this.#keys, records, maxLength })
      return started
    } catch (error) {
      // `start` may be called again. Until then neither a connection nor a timer remains, so that the process can end.
      this.#live = undefined
      this.#opened = undefined
      commands.close(error)
      throw error
    }
  }

  async publish(
    channels: readonly string[],
    { event, data }: BrokerMessage,
    { idempotencyKey, record }: BrokerPublishOptions = {},
  ): Promise<Published> {
    return this.#use().writer.publish({ channels, event, record }, data, idempotencyKey)
  }

  async read(after: string, { limit, signal }: { limit: number; signal: AbortSignal }): Promise<Page> {
    signal.throwIfAborted()
    return this.#use().pages.read(after, limit, signal)
  }

  async records(channels: readonly string[]): Promise<Records> {
    const names = [...channels]
    return this.#readState((connection) => recordsOf(connection, this.#keys, names, this.#size))
  }

  async ended(): Promise<EndedChannels> {
    return this.#readState((connection) => endedOf(connection, this.#keys))
  }

  async signal(text: string): Promise<void> {
    return this.#use().signals.send(text)
  }

  async #readState<T>(read: (connection: Connection) => Promise<T>): Promise<T> {
    const { commands } = this.#use()
    try {
      return await read(await commands.connected(this.#settings.timeout))
    } catch (error) {
      throw this.#closed ? closedError() : failureOf(error, this.#keys.log)
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#live?.close()
    this.#oldRecords?.close()
    this.#opened?.pages.close()
    await Promise.all([this.#opened?.signals.close(), this.#opened?.writer.close()])
    this.#opened?.commands.close()
  }

  #use(): Opened {
    if (this.#closed) throw closedError()
    this.#opened ??= this.#open()
    return this.#opened
  }

  #open(): Opened {
    const { maxLength, records, timeout } = this.#settings
    const keys = this.#keys
    const commands = new ReconnectingConnection({
      connect: (signal) => this.#connect(signal),
      prepare: async (connection) => void (await lookAt(connection, keys)),
      // Redis closes idle connections (`timeout`), and a connection that hangs is noticed.
      keepAlive: async (connection) => {
        if (connection.idle >= idleInterval) await lookAt(connection, keys)
      },
    })
    const writer = new Writer({
      ...{ commands, keys, maxLength, timeout },
      recordBytes: records.bytes,
      acknowledged: this.#acknowledged,
    })
    const pages = new PageReads(async (after, limit) => {
      try {
        return await readPage(await commands.connected(timeout), keys, after, limit, this.#size)
      } catch (error) {
        throw failureOf(error, keys.log)
      }
    })
    const signals = new SignalQueue({
      isUp: () => commands.current !== undefined,
      send: (texts) => commands.current?.run(signal, [keys.signals], signalArguments(texts)),
    })
    return { commands, writer, pages, signals }
  }

  #connect(signal: AbortSignal): Promise<Connection> {
    const { client, timeout } = this.#settings
    return Connection.open(brokerClientOf(client, this.#keys.log, timeout), timeout, signal)
  }
}
