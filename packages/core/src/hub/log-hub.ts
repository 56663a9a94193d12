import { checkObject } from '../check.ts'
import { drawBetween } from '../draw-between.ts'
import { SseError, show } from '../errors.ts'
import type { AnyEvents, EventMap } from '../event-map.ts'
import type { Broker, Entry, GapReason, Published } from '../log/broker.ts'
import { controlChannel, toChannels } from '../log/channel.ts'
import { Feed } from '../log/feed.ts'
import { createMemoryBroker } from '../log/memory-broker.ts'
import { Observed } from '../observed.ts'
import type { StandardSchemaMap } from '../standard-schema.ts'
import { checkAsked, judge } from '../stream/asked-channels.ts'
import { Heartbeat } from '../stream/heartbeat.ts'
import type { Refusal } from '../stream/refusal.ts'
import type { SseStream, StreamEnd, StreamOptions } from '../stream/sse-stream.ts'
import { Stream } from '../stream/stream.ts'
import type { HostedStream, StreamHost } from '../stream/stream-host.ts'
import { newHubName, streamIdOf } from '../stream/stream-id.ts'
import type { Transport } from '../stream/transport.ts'
import { checkRetry } from '../wire/encode.ts'
import { checkCloseOptions, checkHubOptions } from './check-options.ts'
import type { Command } from './command.ts'
import { Commands } from './commands.ts'
import type {
  ChannelsChanged,
  ChannelsRequest,
  CloseHubOptions,
  Hub,
  HubOf,
  HubOptions,
  PublishOptions,
} from './hub.ts'
import type { HubStats } from './hub-stats.ts'
import { toMessage } from './message.ts'
import { Observer } from './observer.ts'
import { StreamRegistry, type Streams } from './streams.ts'

/**
 * A hub; it starts its broker at once. Its events are typed by an interface, `createHub<Events>()`, or by schemas,
 * `createHub({ events: { notification: z.object({ … }) } })`.
 *
 * @throws {SseError} `invalid-option`
 */
export function createHub<M extends StandardSchemaMap>(options: HubOptions & { readonly events: M }): HubOf<M>
export function createHub<E extends EventMap = AnyEvents>(options?: HubOptions): Hub<E>
export function createHub(options: HubOptions = {}): Hub {
  checkHubOptions(options)
  return new LogHub(options)
}

class LogHub implements Hub, StreamHost {
  readonly heartbeat: Heartbeat
  readonly now: () => number
  readonly random: () => number
  readonly feed: Feed
  readonly ready: Promise<void>
  readonly #broker: Broker
  readonly #options: HubOptions
  readonly #streams = new StreamRegistry()
  readonly #observer: Observer
  readonly #name = newHubName()
  readonly #commands: Commands
  /** From `close` on: when clients shall come back, in milliseconds. */
  #comeBack: readonly [min: number, max: number] | undefined
  #closed: Promise<void> | undefined

  constructor(options: HubOptions) {
    const { window = {}, now = Date.now, random = Math.random } = options
    this.#options = options
    this.#observer = new Observer(options)
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
      onSignal: () => {},
      onHealth: (state) => this.#observer.broker(state),
    })
    this.#commands = new Commands({
      hub: this.#name,
      streams: this.#streams,
      send: (command) => this.#sendCommand(command),
      report: (error) => this.report(error),
    })
    this.ready = this.#observed(this.feed.ready)
  }

  get position(): string {
    const { log } = this.feed
    if (!log)
      throw new SseError('not-ready', 'The position is known once the broker has started: await hub.ready.')
    return log.window.headId
  }

  get streams(): Streams {
    return this.#streams
  }

  stream(transport: Transport, options?: StreamOptions): SseStream {
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
    return this.#observed(this.#disconnect(key, options))
  }

  changeChannels(stream: string, request: ChannelsRequest): Promise<ChannelsChanged | undefined> {
    return this.#observed(this.#changeChannels(stream, request))
  }

  stats(): HubStats {
    const window = this.feed.log?.window
    return {
      ...this.#observer.counters,
      streams: this.#streams.size,
      channels: this.feed.fanOut.channels,
      windowEntries: window?.length ?? 0,
      windowBytes: window?.bytes ?? 0,
      windowSpan: window?.span ?? 0,
      broker: this.feed.brokerState,
    }
  }

  close(options: CloseHubOptions = {}): Promise<void> {
    checkCloseOptions(options)
    const { drain = 0, retry = [1_000, 5_000] } = options
    this.#comeBack ??= retry
    this.#closed ??= this.#close(drain, this.#comeBack)
    return this.#closed
  }

  newStreamId(): string {
    return streamIdOf(this.#name)
  }

  refusal(): Refusal | undefined {
    if (!this.#comeBack) return undefined
    return {
      status: 503,
      detail: 'The server is shutting down.',
      retry: drawBetween(this.#comeBack, this.random),
    }
  }

  joined(stream: HostedStream): void {
    this.#streams.add(stream)
    this.#observer.stream({ type: 'open', stream })
  }

  left(stream: HostedStream, reason: StreamEnd): void {
    this.#streams.remove(stream)
    this.#observer.stream({ type: 'close', stream, reason })
  }

  refused(stream: HostedStream, refusal: Refusal): void {
    this.#observer.stream({ type: 'refuse', stream, refusal })
  }

  missed(stream: HostedStream, gap: { reason: GapReason; requested: string }): void {
    this.#observer.stream({ type: 'gap', stream, ...gap })
  }

  report(error: unknown): void {
    this.#observer.error(error)
  }

  async #publish(
    channels: string | readonly string[],
    data: unknown,
    options: PublishOptions,
  ): Promise<Published> {
    const { events, maxEventBytes = 65_536 } = this.#options
    const transaction = this.#broker.openTransaction
    try {
      const prepared = toMessage(channels, data, options, { events, maxEventBytes })
      if (transaction) this.#refuseToWait(prepared)
      const message = prepared instanceof Promise ? await prepared : prepared
      this.#refuseWhenClosed()
      if (!this.feed.log) await this.ready
      const { channels: names, event, data: text, idempotencyKey } = message
      const published = await this.#broker.publish(names, { event, data: text }, { idempotencyKey })
      this.#observer.counters.published++
      return published
    } catch (error) {
      transaction?.fail(error)
      throw error
    }
  }

  /** A transaction is over when its function returns: what waits would be published outside of it, and even if it is rolled back. */
  #refuseToWait(prepared: unknown): void {
    if (prepared instanceof Promise) {
      prepared.catch(() => {})
      const message =
        'The schema of this event is asynchronous: validate before the transaction, and give the event a schema that is not.'
      throw new SseError('invalid-transaction', message)
    }
    if (!this.feed.log)
      throw new SseError('not-ready', 'The hub is not ready: await hub.ready before the transaction.')
  }

  async #disconnect(key: string, options: { reconnect?: false | number }): Promise<void> {
    if (typeof key !== 'string') {
      throw new SseError('invalid-key', `${show(key)} is no key: give the string that the key option gave.`, {
        value: key,
      })
    }
    checkObject('options', options)
    const { reconnect } = options
    if (reconnect !== undefined && reconnect !== false) checkRetry(reconnect)
    this.#refuseWhenClosed()
    await this.#commands.disconnect(key, reconnect)
  }

  async #changeChannels(stream: string, request: ChannelsRequest): Promise<ChannelsChanged | undefined> {
    const unsubscribe = toChannels(request.unsubscribe, { orNone: true })
    checkAsked(request.subscribe, Number.POSITIVE_INFINITY)
    this.#refuseWhenClosed()
    const { granted, refused } = await judge(request.subscribe)
    const channels = await this.#commands.change(stream, request.key, {
      subscribe: granted,
      unsubscribe,
      refused,
    })
    return channels && { channels, refused }
  }

  /** Commands reach every process of the log, this one included, by the reserved channel; nobody else can publish there. */
  async #sendCommand(command: Command): Promise<void> {
    if (!this.feed.log) await this.ready
    await this.#broker.publish([controlChannel], { data: JSON.stringify(command) })
  }

  #refuseWhenClosed(): void {
    if (this.#comeBack) throw new SseError('closed', 'The hub is closed: publish before hub.close().')
  }

  #received(entry: Entry): void {
    this.#observer.counters.entries++
    if (entry.channels.includes(controlChannel)) this.#commands.received(entry.data)
  }

  async #close(drain: number, retry: readonly [min: number, max: number]): Promise<void> {
    await this.#streams.drain(drain, (stream) => {
      stream.closeFor('shutdown', drawBetween(retry, this.random), { lastOfConnection: true })
    })
    await this.#broker.close()
  }

  #observed<T>(promise: Promise<T>): Promise<T> {
    return Observed.from(promise, (error) => this.report(error))
  }
}
