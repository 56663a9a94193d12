import { checkKey, checkNames, checkObject } from '../check.ts'
import { drawBetween } from '../draw-between.ts'
import { SseError } from '../errors.ts'
import type { AnyEvents, EventMap } from '../event-map.ts'
import type { Broker, GapReason, Published } from '../log/broker.ts'
import { commandChannel, toChannels } from '../log/channel.ts'
import { Feed } from '../log/feed.ts'
import { createMemoryBroker } from '../log/memory-broker.ts'
import { Observed } from '../observed.ts'
import type { StandardSchemaMap } from '../standard-schema.ts'
import { checkAsked } from '../stream/asked-channels.ts'
import { Heartbeat } from '../stream/heartbeat.ts'
import type { Refusal } from '../stream/refusal.ts'
import type { SseStream, StreamEnd, StreamOptions } from '../stream/sse-stream.ts'
import { Stream } from '../stream/stream.ts'
import type { HostedStream, StreamHost } from '../stream/stream-host.ts'
import { newHubName, streamIdOf } from '../stream/stream-id.ts'
import type { Transport } from '../stream/transport.ts'
import { checkRetry } from '../wire/encode.ts'
import { ChannelChanges } from './channel-changes.ts'
import { checkHubOptions } from './check-options.ts'
import { Disconnects } from './disconnects.ts'
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
import { Leases } from './leases.ts'
import { toMessage } from './message.ts'
import { Observer } from './observer.ts'
import type { Revocation } from './revocations.ts'
import { Shutdown } from './shutdown.ts'
import { type Command, parseCommand, parseSignal, type Signal } from './signals.ts'
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

/** Between which times, in milliseconds, clients come back whose streams may have been revoked. */
const comeBack = [250, 5_000] as const
/** Milliseconds that a publish waits for a broker that has not started. */
const startPatience = 5_000
/** Publishes that wait for it at the same time. */
const mostWaiting = 10_000

/** Why a log that is read takes no publish, whatever it is. */
const takesNoWrites: readonly string[] = ['log-full', 'log-read-only']

class LogHub implements Hub, StreamHost {
  readonly heartbeat: Heartbeat
  readonly now: () => number
  readonly random: () => number
  readonly feed: Feed
  readonly #broker: Broker
  readonly #options: HubOptions
  readonly #streams = new StreamRegistry()
  readonly #observer: Observer
  readonly #name = newHubName()
  readonly #leases: Leases
  readonly #disconnects: Disconnects
  readonly #channelChanges: ChannelChanges
  readonly #shutdown: Shutdown
  #drained = false
  /** Whether the log is reached and refuses what is published. */
  #refusing = false
  /** Publishes that wait for the broker to start. */
  #waiting = 0

  constructor(options: HubOptions) {
    const { window = {}, now = Date.now, random = Math.random } = options
    this.#options = options
    this.#observer = new Observer(options)
    this.now = now
    this.random = random
    this.#shutdown = new Shutdown(random)
    this.heartbeat = new Heartbeat(options.heartbeat ?? 15_000)
    // The window of a single hub is all the log that a memory broker needs: a second one would hold everything twice.
    this.#broker = options.broker ?? createMemoryBroker({ entries: 0, now })
    const [hub, streams] = [this.#name, this.#streams]
    const send = (signal: Signal) => this.#signal(signal)
    this.#leases = new Leases({ hub, send, checked: () => this.#disconnects.check() })
    const leases = this.#leases
    this.#disconnects = new Disconnects({
      hub,
      streams,
      leases,
      send,
      publish: (command) => this.#publishCommand(command),
      startedAt: () => this.feed.log?.startedAt,
      comeBack: () => drawBetween(comeBack, random),
    })
    this.#channelChanges = new ChannelChanges({ hub, streams, leases, send })
    this.feed = new Feed({
      broker: this.#broker,
      limits: { entries: window.entries ?? 10_000, bytes: window.bytes ?? 16_777_216 },
      now,
      random,
      report: (error) => this.report(error),
      onStart: (commands) => this.#disconnects.started(commands.map(({ data }) => parseCommand(data))),
      onCommand: (entry) => this.#received(parseCommand(entry.data)),
      onSignal: (text) => this.#heard(parseSignal(text)),
      onBreak: () => this.#disconnects.broke(),
      onHealth: (state) => this.#reached(state),
    })
  }

  get ready(): Promise<void> {
    return this.#observed(this.feed.ready)
  }

  get closing(): boolean {
    return this.#shutdown.begun
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
      entries: this.feed.received,
      hubs: this.#leases.hubs.length,
      streams: this.#streams.size,
      channels: this.feed.fanOut.channels,
      windowEntries: window?.length ?? 0,
      windowBytes: window?.bytes ?? 0,
      windowSpan: window?.span ?? 0,
      broker: this.#refusing ? 'refusing' : this.feed.brokerState,
    }
  }

  close(options: CloseHubOptions = {}): Promise<void> {
    const end = (stream: HostedStream, reconnect: number) =>
      stream.closeFor('shutdown', reconnect, { lastOfConnection: true })
    return this.#shutdown.begin(options, this.#streams, end, () => this.#close())
  }

  newStreamId(): string {
    return streamIdOf(this.#name)
  }

  refusal(): Refusal | undefined {
    return this.#shutdown.refusal()
  }

  arrival(): number {
    return this.#disconnects.revocations.now
  }

  revocation(key: string, arrival: number): Revocation | undefined {
    return this.#disconnects.revocations.since(arrival, key)
  }

  expected(stream: HostedStream): void {
    this.#streams.expect(stream)
  }

  dropped(stream: HostedStream): void {
    this.#streams.remove(stream)
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
      if (!this.feed.log) await this.#started()
      const { channels: names, event, data: text, idempotencyKey } = message
      const published = await this.#broker.publish(names, { event, data: text }, { idempotencyKey })
      this.#observer.published()
      this.#writes(true)
      return published
    } catch (error) {
      this.#observer.refusedPublish(error)
      if (error instanceof SseError && takesNoWrites.includes(error.code)) this.#writes(false)
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
    checkKey(key)
    checkObject('options', options)
    checkNames('', options, ['reconnect'])
    const { reconnect } = options
    if (reconnect !== undefined && reconnect !== false) checkRetry(reconnect)
    this.#refuseWhenClosed()
    await this.#disconnects.disconnect(key, reconnect)
  }

  async #changeChannels(stream: string, request: ChannelsRequest): Promise<ChannelsChanged | undefined> {
    const unsubscribe = toChannels(request.unsubscribe, { orNone: true })
    checkAsked(request.subscribe, Number.POSITIVE_INFINITY)
    this.#refuseWhenClosed()
    return this.#channelChanges.change(stream, { ...request, unsubscribe })
  }

  /** Commands reach every hub of the log, this one included, by the reserved channel; nobody else can publish there. */
  async #publishCommand(command: Command): Promise<string> {
    if (!this.feed.log) await this.#started()
    const { id } = await this.#broker.publish([commandChannel], { data: JSON.stringify(command) })
    return id
  }

  /** Waits for a broker that has not started, as long as a caller can be expected to. */
  async #started(): Promise<void> {
    if (this.#waiting >= mostWaiting) {
      throw new SseError(
        'busy',
        `${mostWaiting} publishes wait for the broker to start: await hub.ready first.`,
      )
    }
    this.#waiting++
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      late.reject(
        new SseError(
          'not-ready',
          `The broker has not started for ${startPatience} ms: await hub.ready first.`,
        ),
      )
    }, startPatience)
    try {
      await Promise.race([this.feed.ready, late.promise])
    } finally {
      clearTimeout(timer)
      this.#waiting--
    }
  }

  #refuseWhenClosed(): void {
    if (this.#drained) throw new SseError('closed', 'The hub is closed: publish before hub.close() resolves.')
  }

  #received(command: Command | undefined): void {
    if (command) this.#disconnects.received(command)
  }

  #heard(signal: Signal | undefined): void {
    if (!signal) return
    if (signal.type === 'alive' || signal.type === 'left') this.#leases.heard(signal)
    else if (signal.type === 'disconnected' || signal.type === 'disconnected?')
      this.#disconnects.heard(signal)
    else this.#channelChanges.heard(signal)
  }

  #reached(state: 'up' | 'down'): void {
    // Without a broker that it shares with others a hub is alone on its log.
    if (state === 'up' && this.#options.broker) this.#leases.hello()
    this.#refusing = false
    this.#observer.broker(state)
  }

  /** The log took a publish, or refused one because it takes none. */
  #writes(taken: boolean): void {
    if (this.#refusing === !taken || this.feed.brokerState !== 'up') return
    this.#refusing = !taken
    this.#observer.broker(taken ? 'up' : 'refusing')
  }

  /** A signal may be lost, so a broker that cannot send one now is nothing to report: it tells its health. */
  #signal(signal: Signal): void {
    this.#broker.signal(JSON.stringify(signal)).catch(() => {})
  }

  async #close(): Promise<void> {
    this.#drained = true
    this.feed.close()
    this.#leases.close()
    this.#disconnects.close()
    await this.#broker.close()
  }

  #observed<T>(promise: Promise<T>): Promise<T> {
    return Observed.from(promise, (error) => this.report(error))
  }
}
