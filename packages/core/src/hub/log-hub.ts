import { SseError, show } from '../errors.ts'
import type { AnyEvents, EventMap } from '../event-map.ts'
import type { Broker, Entry, Published } from '../log/broker.ts'
import { controlChannel, toChannels } from '../log/channel.ts'
import { Feed } from '../log/feed.ts'
import { createMemoryBroker } from '../log/memory-broker.ts'
import { Observed } from '../observed.ts'
import { Heartbeat } from '../stream/heartbeat.ts'
import type { SseStream, StreamEnd, StreamOptions } from '../stream/sse-stream.ts'
import { Stream } from '../stream/stream.ts'
import type { HostedStream, StreamHost } from '../stream/stream-host.ts'
import type { Transport } from '../stream/transport.ts'
import { serialize } from '../wire/data.ts'
import { checkEventName, checkRetry } from '../wire/encode.ts'
import { type Command, parseCommand } from './command.ts'
import type { CloseHubOptions, Hub, HubOptions, PublishOptions, StreamEvent } from './hub.ts'
import { type HubCounters, type HubStats, zeroCounters } from './hub-stats.ts'
import { StreamRegistry, type Streams } from './streams.ts'

/** A hub; it starts its broker at once. @throws {SseError} `invalid-option` */
export function createHub<E extends EventMap = AnyEvents>(options: HubOptions = {}): Hub<E> {
  return new LogHub<E>(options)
}

class LogHub<E extends EventMap> implements Hub<E>, StreamHost {
  readonly heartbeat: Heartbeat
  readonly now: () => number
  readonly random: () => number
  readonly feed: Feed
  readonly ready: Promise<void>
  readonly #broker: Broker
  readonly #options: HubOptions
  readonly #streams = new StreamRegistry()
  readonly #counters: HubCounters = zeroCounters()
  #closing: Promise<void> | undefined

  constructor(options: HubOptions) {
    const { window = {}, now = Date.now, random = Math.random } = options
    this.#options = options
    this.now = now
    this.random = random
    this.heartbeat = new Heartbeat(options.heartbeat ?? 15_000)
    // The window of a single hub is all the log that a memory broker needs: a second one would hold everything twice.
    this.#broker = options.broker ?? createMemoryBroker({ entries: 0, now })
    this.feed = new Feed({
      broker: this.#broker,
      limits: { entries: window.entries ?? 10_000, bytes: window.bytes ?? 16_777_216 },
      now,
      report: (error) => this.report(error),
      onEntry: (entry) => this.#received(entry),
    })
    this.ready = this.#observed(this.feed.ready)
  }

  get position(): string {
    const { log } = this.feed
    if (!log)
      throw new SseError('not-ready', 'The position is known once the broker has started: await hub.ready.')
    return log.window.headId
  }

  get streams(): Streams<E> {
    return this.#streams
  }

  stream(transport: Transport, options?: StreamOptions): SseStream<E> {
    return new Stream(this, transport, options)
  }

  publish(
    channels: string | readonly string[],
    data: unknown,
    options: PublishOptions = {},
  ): Promise<Published> {
    return this.#observed(this.#publish(channels, data, options))
  }

  disconnect(key: string, options: { reconnect?: false | number } = {}): Promise<void> {
    return this.#observed(this.#disconnect(key, options.reconnect))
  }

  stats(): HubStats {
    const window = this.feed.log?.window
    return {
      ...this.#counters,
      streams: this.#streams.size,
      channels: this.feed.fanOut.channels,
      windowEntries: window?.length ?? 0,
      windowBytes: window?.bytes ?? 0,
      windowSpan: window?.span ?? 0,
      broker: this.feed.brokerState,
    }
  }

  close(options: CloseHubOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  joined(stream: HostedStream): void {
    this.#streams.add(stream)
    this.#counters.opened++
    this.#tell({ type: 'open', stream })
  }

  left(stream: HostedStream, reason: StreamEnd): void {
    this.#streams.remove(stream)
    this.#counters.closed[reason]++
    this.#tell({ type: 'close', stream, reason })
  }

  gap(): void {
    this.#counters.gaps++
  }

  report(error: unknown): void {
    this.#counters.errors++
    try {
      const { onError = console.error } = this.#options
      onError(error)
    } catch (thrown) {
      console.error(thrown)
    }
  }

  async #publish(
    channels: string | readonly string[],
    data: unknown,
    options: PublishOptions,
  ): Promise<Published> {
    const names = toChannels(channels)
    const { event, idempotencyKey } = options
    if (event !== undefined) checkEventName(event)
    if (idempotencyKey !== undefined) checkIdempotencyKey(idempotencyKey)
    const text = serialize(data)
    const { maxEventBytes = 65_536 } = this.#options
    if (Buffer.byteLength(text) > maxEventBytes) {
      throw new SseError(
        'event-too-large',
        `The data has ${Buffer.byteLength(text)} bytes, ${maxEventBytes} are allowed: publish a reference to it, or raise maxEventBytes.`,
        { value: data },
      )
    }
    this.#refuseWhenClosed()
    if (!this.feed.log) await this.ready
    const published = await this.#broker.publish(names, { event, data: text }, { idempotencyKey })
    this.#counters.published++
    return published
  }

  async #disconnect(key: string, reconnect: false | number | undefined): Promise<void> {
    if (typeof key !== 'string') {
      throw new SseError('invalid-key', `${show(key)} is no key: give the string that the key option gave.`, {
        value: key,
      })
    }
    if (reconnect !== undefined && reconnect !== false) checkRetry(reconnect)
    this.#refuseWhenClosed()
    if (!this.feed.log) await this.ready
    const command: Command = { type: 'disconnect', key, reconnect: reconnect ?? null }
    await this.#broker.publish([controlChannel], { data: JSON.stringify(command) })
  }

  #refuseWhenClosed(): void {
    if (this.#closing) throw new SseError('closed', 'The hub is closed: publish before hub.close().')
  }

  /** Commands reach every process of the log, this one included, by the reserved channel; nobody else can publish there. */
  #received(entry: Entry): void {
    this.#counters.entries++
    if (!entry.channels.includes(controlChannel)) return
    const command = parseCommand(entry.data)
    if (!command) return
    for (const stream of this.#streams.withKey(command.key)) {
      stream.closeFor('disconnected', command.reconnect ?? undefined)
    }
  }

  async #close({ drain = 0, retry: [min, max] = [1_000, 5_000] }: CloseHubOptions): Promise<void> {
    await this.#streams.drain(drain, (stream) => {
      const reconnect = Math.round(min + this.random() * (max - min))
      stream.closeFor('shutdown', reconnect, { lastOfConnection: true })
    })
    await this.#broker.close()
  }

  #tell(event: StreamEvent): void {
    try {
      this.#options.onStream?.(event)
    } catch (error) {
      this.report(error)
    }
  }

  #observed<T>(promise: Promise<T>): Promise<T> {
    return Observed.from(promise, (error) => this.report(error))
  }
}

/** @throws {SseError} `invalid-key` */
function checkIdempotencyKey(key: unknown): void {
  if (typeof key === 'string' && key !== '' && Buffer.byteLength(key) <= 128) return
  throw new SseError('invalid-key', `${show(key)} is no idempotency key: use a string of 1 to 128 bytes.`, {
    value: key,
  })
}
