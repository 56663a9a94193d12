import { type Broker, type Entry, type Page, type Published, type Receiver, SseError } from '@sse/core'
import { Acknowledged } from './publishing/newest-acknowledged.ts'
import { Connection } from './connection/connection.ts'
import { warnOfEviction } from './log/eviction.ts'
import { closedError } from './failure.ts'
import { Keys } from './log/keys.ts'
import { Line } from './connection/reconnecting-connection.ts'
import { lookAt } from './log/log-state.ts'
import type { Settings } from './options.ts'
import { duplicateOf, keyPrefixOf } from './connection/redis-client.ts'
import { Replay } from './reading/page-reads.ts'
import { Signals } from './publishing/signals.ts'
import { Tail } from './reading/live-reading.ts'
import { TransferSize } from './connection/transfer-size.ts'
import { Writer } from './publishing/writer.ts'

/** What there is once the broker is used. */
interface Open {
  /** To publish, to signal and to read pages; a tail has a connection of its own. */
  readonly line: Line
  readonly writer: Writer
  readonly replay: Replay
  readonly signals: Signals
}

/** The broker on its keys: connected by its first use. */
export class RedisBroker implements Broker {
  readonly #settings: Settings
  readonly #keys: Keys
  readonly #acknowledged = new Acknowledged()
  readonly #size = new TransferSize()
  #tail: Tail | undefined
  #opened: Open | undefined
  #closed: Promise<void> | undefined

  constructor(settings: Settings) {
    this.#settings = settings
    this.#keys = new Keys(`${keyPrefixOf(settings.client)}{${settings.prefix}}`)
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    const { line: writing } = this.#use()
    if (this.#tail) {
      const message = 'The broker has a hub already: give every hub a broker of its own.'
      throw new SseError('invalid-option', message)
    }
    const tail = new Tail({
      keys: this.#keys,
      settings: this.#settings,
      receiver,
      connect: (signal) => this.#connect(signal),
      writing,
      acknowledged: this.#acknowledged,
      size: this.#size,
    })
    this.#tail = tail
    try {
      const started = await tail.start()
      if (writing.connection) void warnOfEviction(writing.connection, this.#keys)
      return started
    } catch (error) {
      // It may be started again. Until then nothing remains: no connection, and no timer that keeps the process alive.
      this.#tail = undefined
      this.#opened = undefined
      writing.close(error)
      throw error
    }
  }

  async publish(
    channels: readonly string[],
    { event, data }: { readonly event?: string | undefined; readonly data: string },
    { idempotencyKey }: { readonly idempotencyKey?: string | undefined } = {},
  ): Promise<Published> {
    return this.#use().writer.publish(channels, event, data, idempotencyKey)
  }

  async read(after: string, { limit, signal }: { limit: number; signal: AbortSignal }): Promise<Page> {
    signal.throwIfAborted()
    return this.#use().replay.read(after, limit, signal)
  }

  async signal(text: string): Promise<void> {
    return this.#use().signals.send(text)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#tail?.close()
    this.#opened?.replay.close()
    await Promise.all([this.#opened?.signals.close(), this.#opened?.writer.close()])
    this.#opened?.line.close()
  }

  #use(): Open {
    if (this.#closed) throw closedError()
    this.#opened ??= this.#open()
    return this.#opened
  }

  #open(): Open {
    const { maxLength, timeout } = this.#settings
    const keys = this.#keys
    const line = new Line({
      connect: (signal) => this.#connect(signal),
      greet: async (connection) => void (await lookAt(connection, keys)),
      keepAlive: (connection) => lookAt(connection, keys),
    })
    const writer = new Writer({ line, keys, maxLength, timeout, acknowledged: this.#acknowledged })
    const replay = new Replay(line, keys, timeout, this.#size)
    return { line, writer, replay, signals: new Signals(line, keys) }
  }

  #connect(signal: AbortSignal): Promise<Connection> {
    const { client, timeout } = this.#settings
    return Connection.open(duplicateOf(client, this.#keys.log, timeout), timeout, signal)
  }
}
