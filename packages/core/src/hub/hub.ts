import { checkKey, checkNames, checkObject } from '../check.ts'
import { Delivery } from '../delivery/delivery.ts'
import { drawBetween } from '../draw-between.ts'
import { SseError, show } from '../errors.ts'
import type { AnyEvents, EventMap } from '../event-map.ts'
import type { Broker, Entry, Published, PublishedInTransaction, Receiver } from '../log/broker.ts'
import { commandChannel, isCommand, toChannels } from '../log/channel.ts'
import { createMemoryBroker } from '../log/memory-broker.ts'
import { endEvent, removalOf, removedEvent } from '../log/records.ts'
import { Start } from '../log/start.ts'
import { Observed } from '../observed.ts'
import type { Refusal } from '../response/refusal.ts'
import type { Transport } from '../response/transport.ts'
import type { StandardSchemaMap } from '../standard-schema.ts'
import { checkAsked } from '../stream/channels/asked-channels.ts'
import { Heartbeat } from '../stream/heartbeat.ts'
import { Revocations } from '../stream/revocations.ts'
import type { Source } from '../stream/source.ts'
import type { SseStream, StreamEvent, StreamOptions } from '../stream/sse-stream.ts'
import { Stream } from '../stream/stream.ts'
import type { StreamHost } from '../stream/stream-host.ts'
import { newHubName, streamIdOf } from '../stream/stream-id.ts'
import { StreamRegistry } from '../stream/stream-registry.ts'
import { checkRetry } from '../wire/encode.ts'
import { ChannelChanges } from './channel-changes.ts'
import { checkEndOptions, checkHubOptions } from './check-options.ts'
import { Disconnects } from './disconnects.ts'
import { Leases } from './leases.ts'
import { type AnyPublishOptions, checkRecord, type Message, toMessage } from './message.ts'
import { Observer } from './observer.ts'
import { Presence } from './presence.ts'
import { Runs } from './runs.ts'
import { Shutdown } from './shutdown.ts'
import { type Command, parseCommand, parseSignal, type Signal } from './signals.ts'
import type {
  ChannelsChanged,
  ChannelsRequest,
  CloseHubOptions,
  Hub,
  HubOf,
  HubOptions,
  HubStats,
  Member,
  ReachedRequest,
  Run,
  RunOptions,
} from './types.ts'
import { Volatile } from './volatile.ts'

/**
 * Creates a hub and starts its broker. Its events are typed by an interface, `createHub<Events>()`, or by schemas,
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

/** The range, in milliseconds, of the reconnection time of clients whose streams may have been revoked. */
const retryRevoked = [250, 5_000] as const
const defaultMaxEventBytes = 65_536
/** Milliseconds after which a failed read of the unfinished runs, or of the ended channels, is repeated. */
const stateRetry = 1_000
/** Milliseconds that a publish waits for the broker to start. */
const startTimeout = 5_000
/** The maximum number of publishes that wait for the broker to start. */
const maxWaiting = 10_000

/** The error codes of a log that can be read but not written. */
const writeRefusals: readonly string[] = ['log-full', 'log-read-only']

class LogHub implements Hub, StreamHost {
  readonly heartbeat: Heartbeat
  readonly streams = new StreamRegistry<Stream>()
  readonly revocations = new Revocations()
  readonly now: () => number
  readonly random: () => number
  readonly membership: Presence
  delivery: Delivery | undefined
  readonly #broker: Broker
  readonly #options: HubOptions
  readonly #observer: Observer
  readonly #name = newHubName()
  readonly #start: Pick<Start, 'ready' | 'close' | 'failure'>
  readonly #leases: Leases
  readonly #disconnects: Disconnects
  readonly #channelChanges: ChannelChanges
  readonly #volatile: Volatile
  readonly #runs: Runs
  #runsReads = 0
  #endedReads = 0
  /** Whether a stream could have had a key. */
  #hasKeys = false
  /** Whether it was reported that no stream has a key. */
  #saidNoKeys = false
  /** Whether it was reported that the unfinished runs cannot be read. */
  #runsUnread = false
  #brokerState: 'starting' | 'up' | 'down'
  /** Whether the broker reaches its log, but the log refuses publishes. */
  #refusing = false
  readonly #shutdown: Shutdown
  #drained = false
  /** The number of publishes that wait for the broker to start. */
  #waiting = 0

  constructor(options: HubOptions) {
    const { now = Date.now, random = Math.random } = options
    this.#options = options
    this.#brokerState = options.publishOnly ? 'up' : 'starting'
    this.#observer = new Observer(options)
    this.now = now
    this.random = random
    this.#shutdown = new Shutdown(random)
    this.heartbeat = new Heartbeat(options.heartbeat ?? 15_000)
    // A single hub needs only its window. A memory broker with a log of its own would keep every entry twice.
    this.#broker = options.broker ?? createMemoryBroker({ entries: 0, now })
    const [hub, streams] = [this.#name, this.streams]
    const send = (signal: Signal) => this.#signal(signal)
    this.membership = new Presence({
      hub,
      hasPresence: (channel) => this.#attempt(() => this.#options.channel?.(channel)?.presence === true),
      send,
      tell: (channel, message) => this.delivery?.tell(channel, message),
      report: (error) => this.report(error),
    })
    this.#leases = new Leases({
      hub,
      send,
      presence: () => this.membership.version,
      onCheck: () => this.#check(),
    })
    const leases = this.#leases
    this.#disconnects = new Disconnects({
      hub,
      streams,
      revocations: this.revocations,
      leases,
      send,
      publish: (command) => this.#publishCommand(command),
      startedAt: () => this.delivery?.startedAt,
      drawRetry: () => drawBetween(retryRevoked, random),
    })
    this.#channelChanges = new ChannelChanges({ hub, streams, leases, send })
    this.#volatile = new Volatile({
      send: (text) => this.#broker.signal(text),
      deliver: (channels, event) => this.delivery?.deliverVolatile(channels, event),
    })
    this.#runs = new Runs({
      hub,
      leases,
      maxEventBytes: options.maxEventBytes ?? defaultMaxEventBytes,
      send,
      publishCommand: (command) => this.#publishCommand(command, command),
      publish: (channel, data, event) => this.#publish(channel, data, { event }),
      end: (channel, outcome, run) => this.#append(() => endMessage(channel, outcome, `sse:end:${run}`)),
      report: (error) => this.report(error),
    })
    this.#start = this.#publishOnly
      ? neverStarted
      : new Start({
          broker: this.#broker,
          random,
          receiver: this.#receiver(),
          started: (start) => this.#started(start),
          failed: (error) => {
            this.report(error)
            this.#onHealth('down', error)
          },
        })
  }

  get ready(): Promise<void> {
    return this.#observed(this.#start.ready)
  }

  whenReady(): Promise<void> {
    return this.#start.ready
  }

  get closing(): boolean {
    return this.#shutdown.begun
  }

  get position(): string {
    this.#refusePublishOnly('position')
    if (!this.delivery)
      throw new SseError('not-ready', 'The position is unknown until the broker starts: await hub.ready.')
    return this.delivery.window.headId
  }

  stream(transport: Transport, options?: StreamOptions): SseStream {
    this.#refusePublishOnly('stream')
    this.#hasKeys ||= options?.client?.isAnonymous !== true
    return new Stream(this, transport, options)
  }

  publish(
    channels: string | readonly string[],
    data: unknown,
    options: AnyPublishOptions = {},
    // The overloads of `Hub` say which of the two it is.
    // biome-ignore lint/suspicious/noExplicitAny: TypeScript has no type for both
  ): Promise<any> {
    return this.#observed(this.#publish(channels, data, options))
  }

  idOf(receipt: string): Promise<string> {
    return this.#observed(this.#idOf(receipt))
  }

  remove(channel: string, record: string): Promise<Published> {
    return this.#observed(this.#remove(channel, record))
  }

  presence(channel: string): Promise<Member[]> {
    return this.#observed(this.#presence(channel))
  }

  run(channel: string, source: Source, options: RunOptions = {}): Promise<Run> {
    return this.#observed(this.#run(channel, source, options))
  }

  abort(channel: string): Promise<void> {
    return this.#observed(this.#abort(channel))
  }

  end(channel: string, options: { reason?: string | undefined } = {}): Promise<Published> {
    return this.#observed(this.#end(channel, options))
  }

  disconnect(key: string, options: { reconnect?: false | number } = {}): Promise<void> {
    return this.#observed(this.#disconnect(key, options))
  }

  changeChannels(stream: string, request: ChannelsRequest): Promise<ChannelsChanged | undefined> {
    return this.#observed(this.#changeChannels(stream, request))
  }

  reached(stream: string, request: ReachedRequest): Promise<boolean> {
    return this.#observed(this.#reached(stream, request))
  }

  stats(): HubStats {
    const window = this.delivery?.window
    return {
      ...this.#observer.counters,
      entries: this.delivery?.received ?? 0,
      hubs: this.#leases.hubs.length,
      streams: this.streams.size,
      channels: this.delivery?.fanOut.channels ?? 0,
      windowEntries: window?.length ?? 0,
      windowBytes: window?.bytes ?? 0,
      windowSpan: window?.span ?? 0,
      broker: this.#refusing ? 'refusing' : this.#brokerState,
    }
  }

  close(options: CloseHubOptions = {}): Promise<void> {
    const end = (stream: Stream, reconnect: number) =>
      stream.closeFor('shutdown', reconnect, { lastOfConnection: true })
    return this.#shutdown.begin(options, this.streams, end, () => this.#close())
  }

  newStreamId(): string {
    return streamIdOf(this.#name)
  }

  refusal(): Refusal | undefined {
    return this.#shutdown.refusal()
  }

  arrival(): number {
    return this.revocations.latest
  }

  observe(event: StreamEvent): void {
    this.#observer.stream(event)
  }

  report(error: unknown): void {
    this.#observer.error(error)
  }

  /** The callbacks for the broker. */
  #receiver(): Receiver {
    return {
      entries: (batch) => this.delivery!.receive(batch),
      discontinuity: ({ reason, head }) => {
        this.#disconnects.onGap()
        this.#loadRuns()
        this.delivery!.discontinuity(reason, head)
        this.#loadEnded()
      },
      health: (state, cause) => this.#onHealth(state, cause),
      signal: (text) => this.#onSignal(parseSignal(text)),
    }
  }

  #started(start: { head: string; tail: readonly Entry[] }): void {
    const { window = {} } = this.#options
    this.delivery = new Delivery({
      broker: this.#broker,
      start,
      limits: { entries: window.entries ?? 10_000, bytes: window.bytes ?? 16_777_216 },
      now: this.now,
      report: (error) => this.report(error),
      onCommand: (entry) => this.#onCommand(entry),
      hasRecords: (channel) =>
        this.#broker.records !== undefined && this.#attempt(() => this.#hasRecords(channel)),
      readEnded: () => this.#loadEnded(),
    })
    const commands = start.tail.filter(isCommand).map(({ data }) => parseCommand(data))
    const disconnects = commands.filter((command) => command?.type === 'disconnect')
    this.#disconnects.onStart(disconnects, this.#brokerState === 'down')
    this.#loadRuns()
    this.#loadEnded()
  }

  #onCommand(entry: Entry): void {
    const command = parseCommand(entry.data)
    if (command?.type === 'disconnect') this.#disconnects.onCommand(command)
    else this.#runs.onCommand(entry)
  }

  /** Commands may have been missed: the broker keeps those of the unfinished runs as records. */
  #loadRuns(): void {
    this.#runs.reset()
    const { records } = this.#broker
    if (!records) {
      this.#runs.onStart(this.position, [])
      return
    }
    const read = ++this.#runsReads
    records.call(this.#broker, [commandChannel]).then(
      ({ position, entries }) => {
        // The log broke meanwhile, so they are read again.
        if (read !== this.#runsReads) return
        this.#runsUnread = false
        this.#runs.onStart(position, entries)
      },
      (error) => {
        if (this.#drained || read !== this.#runsReads) return
        // A log that is away tells that itself. This one lacks a permission, for example.
        if (this.#brokerState === 'up' && !this.#runsUnread) {
          this.#runsUnread = true
          this.report(error)
        }
        setTimeout(() => this.#loadRuns(), stateRetry).unref()
      },
    )
  }

  /** Ends may be older than the tail, or among the entries that were missed. */
  #loadEnded(): void {
    const read = ++this.#endedReads
    this.#broker.ended?.().then(
      (ended) => {
        if (read === this.#endedReads) this.delivery?.onEnded(ended)
      },
      // A log that is away tells that itself, and one that lacks a permission is reported with the unfinished runs.
      () => {
        if (!this.#drained && read === this.#endedReads)
          setTimeout(() => this.#loadEnded(), stateRetry).unref()
      },
    )
  }

  #check(): void {
    this.#disconnects.check()
    this.#runs.check()
    this.membership.check(this.#leases.ownLeaseExpired)
  }

  async #publish(
    channels: string | readonly string[],
    data: unknown,
    options: AnyPublishOptions,
  ): Promise<Published | PublishedInTransaction | undefined> {
    const { events, maxEventBytes = defaultMaxEventBytes } = this.#options
    const rules = {
      events,
      maxEventBytes,
      checkRecords: (names: readonly string[]) => this.#checkRecords(names),
    }
    return this.#append(() => toMessage(channels, data, options, rules))
  }

  async #remove(channel: string, record: string): Promise<Published> {
    return this.#append(() => {
      const channels = toChannels(channel, { byApp: true })
      checkRecord(record)
      this.#checkRecords(channels)
      return { channels, ...removalOf(channel, record), record }
    }) as Promise<Published>
  }

  async #end(channel: string, options: { reason?: string | undefined }): Promise<Published> {
    return this.#append(() => {
      checkEndOptions(options)
      return endMessage(channel, { reason: options.reason ?? 'ended' })
    }) as Promise<Published>
  }

  async #presence(channel: string): Promise<Member[]> {
    this.#refusePublishOnly('presence')
    toChannels(channel, { byApp: true })
    if (!this.#options.channel?.(channel)?.presence) {
      const message = `The channel ${show(channel)} has no presence: createHub({ channel: (name) => ({ presence: true }) }) says which have.`
      throw new SseError('invalid-option', message, { value: channel })
    }
    this.#refuseWhenClosed()
    return this.membership.members(channel)
  }

  async #abort(channel: string): Promise<void> {
    this.#refusePublishOnly('abort')
    toChannels(channel, { byApp: true })
    this.#refuseWhenClosed()
    await this.#runs.abort(channel)
  }

  async #run(channel: string, source: Source, options: RunOptions): Promise<Run> {
    this.#refusePublishOnly('run')
    toChannels(channel, { byApp: true })
    this.#refuseWhenClosed()
    return this.#runs.start(channel, source, options, async () => {
      if (!this.delivery) await this.#waitForStart()
      return this.position
    })
  }

  /** Puts a message into the log; or, if it is volatile, sends it to all hubs. */
  async #append(
    prepare: () => Message | Promise<Message>,
  ): Promise<Published | PublishedInTransaction | undefined> {
    const transaction = this.#broker.openTransaction
    try {
      const prepared = prepare()
      if (transaction) this.#refuseToWait(prepared)
      const message = prepared instanceof Promise ? await prepared : prepared
      this.#refuseWhenClosed()
      if (!this.delivery && !this.#publishOnly) await this.#waitForStart()
      if (message.volatile) return await this.#volatile.send(message)
      const published = await this.#appendOf(message)
      this.#observer.published()
      this.#setRefusing(false)
      return published
    } catch (error) {
      this.#observer.refusedPublish(error)
      if (error instanceof SseError && writeRefusals.includes(error.code)) this.#setRefusing(true, error)
      transaction?.fail(error)
      throw error
    }
  }

  #appendOf({
    channels,
    event,
    data,
    idempotencyKey,
    record,
    transaction,
  }: Message): Promise<Published | PublishedInTransaction> {
    const args = [channels, { event, data }, { idempotencyKey, record }] as const
    return transaction ? this.#transactional.publishIn(transaction, ...args) : this.#broker.publish(...args)
  }

  async #idOf(receipt: string): Promise<string> {
    this.#refuseWhenClosed()
    const { idOf } = this.#transactional
    if (!this.delivery) await this.#waitForStart()
    return idOf(receipt)
  }

  /** The methods of the broker for transactions. @throws {SseError} `invalid-option` if it has none */
  get #transactional(): Required<Pick<Broker, 'publishIn' | 'idOf'>> {
    const broker = this.#broker
    if (broker.publishIn && broker.idOf)
      return { publishIn: (...args) => broker.publishIn!(...args), idOf: (receipt) => broker.idOf!(receipt) }
    throw new SseError(
      'invalid-option',
      'The broker of this hub cannot publish within a transaction that you pass. Use createPostgresBroker() of @sse/postgres; with @sse/sqlite publish within broker.transaction().',
    )
  }

  #hasRecords(channel: string): boolean {
    return this.#options.channel?.(channel)?.records === true
  }

  /** Asks the option `channel` for a stream, which must not end by its error. */
  #attempt(ask: () => boolean): boolean {
    try {
      return ask()
    } catch (error) {
      this.report(error)
      return false
    }
  }

  #checkRecords(channels: readonly string[]): void {
    const without = channels.find((channel) => !this.#hasRecords(channel))
    if (without !== undefined) {
      const message = `The channel ${show(without)} has no records. Enable them: createHub({ channel: (name) => ({ records: true }) }).`
      throw new SseError('invalid-record', message, { value: without })
    }
    if (this.#broker.records) return
    throw new SseError(
      'invalid-record',
      'The broker of this hub does not keep records. Use a broker with the method records().',
    )
  }

  /** A transaction ends when its function returns. A publish that waits would be appended after it, even after a rollback. */
  #refuseToWait(prepared: unknown): void {
    if (prepared instanceof Promise) {
      prepared.catch(() => {})
      const message =
        'A transaction cannot wait for the asynchronous schema of this event: validate before it, and use a synchronous schema.'
      throw new SseError('invalid-transaction', message)
    }
    if (!this.delivery && !this.#publishOnly)
      throw new SseError('not-ready', 'The hub is not ready: await hub.ready before the transaction.')
  }

  async #disconnect(key: string, options: { reconnect?: false | number }): Promise<void> {
    this.#refusePublishOnly('disconnect')
    checkKey(key)
    checkObject('options', options)
    checkNames('', options, ['reconnect'])
    const { reconnect } = options
    if (reconnect !== undefined && reconnect !== false) checkRetry(reconnect)
    this.#refuseWhenClosed()
    this.#reportStreamsWithoutKeys(key)
    await this.#disconnects.disconnect(key, reconnect)
  }

  /** An app that gives its streams no keys can disconnect nobody, and would believe that it had. */
  #reportStreamsWithoutKeys(key: string): void {
    if (this.#hasKeys || this.#saidNoKeys || this.streams.size === 0) return
    this.#saidNoKeys = true
    const message = `hub.disconnect(${show(key)}) ends no stream of this process, because none has a key: give sse() the option key, which names the user of a request.`
    this.report(new SseError('invalid-key', message, { value: key }))
  }

  async #changeChannels(stream: string, request: ChannelsRequest): Promise<ChannelsChanged | undefined> {
    this.#refusePublishOnly('changeChannels')
    const unsubscribe = toChannels(request.unsubscribe, { allowEmpty: true })
    checkAsked(request.subscribe, Number.POSITIVE_INFINITY)
    this.#refuseWhenClosed()
    return this.#channelChanges.change(stream, { ...request, unsubscribe })
  }

  async #reached(stream: string, request: ReachedRequest): Promise<boolean> {
    this.#refusePublishOnly('reached')
    this.#refuseWhenClosed()
    return this.#channelChanges.reached(stream, request)
  }

  /** Commands reach every hub of the log, including this one, on the reserved channel. Apps cannot publish to it. */
  async #publishCommand(
    command: Command,
    { run, type }: { run?: string; type?: string } = {},
  ): Promise<string> {
    if (!this.delivery) await this.#waitForStart()
    const message = { data: JSON.stringify(command), ...(type === 'ran' && { event: removedEvent }) }
    const { id } = await this.#broker.publish(
      [commandChannel],
      message,
      run === undefined ? {} : { record: run },
    )
    return id
  }

  /** Waits at most `startTimeout` for the broker to start. */
  async #waitForStart(): Promise<void> {
    if (this.#waiting >= maxWaiting) {
      throw new SseError(
        'busy',
        `${maxWaiting} publishes are already waiting for the broker to start: await hub.ready first.`,
      )
    }
    this.#waiting++
    const timeout = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      const { failure: cause } = this.#start
      const why =
        cause === undefined
          ? ''
          : ` The last attempt failed: ${cause instanceof Error ? cause.message : show(cause)}`
      const message = `The broker has not started within ${startTimeout} ms: await hub.ready first.${why}`
      timeout.reject(new SseError('not-ready', message, cause === undefined ? {} : { cause }))
    }, startTimeout)
    try {
      await Promise.race([this.#start.ready, timeout.promise])
    } finally {
      clearTimeout(timer)
      this.#waiting--
    }
  }

  get #publishOnly(): boolean {
    return this.#options.publishOnly === true
  }

  #refusePublishOnly(name: string): void {
    if (!this.#publishOnly) return
    const message = `${name} needs a hub that reads the log, and this one has publishOnly: use a hub of a server process.`
    throw new SseError('invalid-option', message, { value: name })
  }

  #refuseWhenClosed(): void {
    if (this.#drained) throw new SseError('closed', 'The hub is closed: publish before hub.close() resolves.')
  }

  #onSignal(signal: Signal | undefined): void {
    if (!signal) return
    if (signal.type === 'alive' || signal.type === 'left') {
      this.#leases.onSignal(signal)
      if (signal.type === 'left') this.membership.onLeft(signal.hub)
      else this.membership.onAlive(signal.hub, signal.presence ?? 0)
    } else if (signal.type === 'presence' || signal.type === 'presence?') this.membership.onSignal(signal)
    else if (signal.type === 'abort') this.#runs.onSignal(signal)
    else if (signal.type === 'volatile') this.#volatile.onSignal(signal)
    else if (signal.type === 'disconnected' || signal.type === 'disconnected?')
      this.#disconnects.onSignal(signal)
    else this.#channelChanges.onSignal(signal)
  }

  #onHealth(state: 'up' | 'down', cause?: unknown): void {
    if (state === this.#brokerState) return
    this.#brokerState = state
    // A hub that created its own broker is the only hub of its log.
    if (state === 'up' && this.#options.broker) this.#leases.hello()
    this.#refusing = false
    this.#observer.broker(state, cause)
    if (state === 'up') this.delivery?.wake()
  }

  /** Notes whether the log refuses publishes because it is full or read-only. */
  #setRefusing(refusing: boolean, cause?: unknown): void {
    if (this.#refusing === refusing || this.#brokerState !== 'up') return
    this.#refusing = refusing
    this.#observer.broker(refusing ? 'refusing' : 'up', cause)
  }

  /** A signal may be lost. A broker that cannot send it reports its health, so this error is not reported. */
  #signal(signal: Signal): void {
    this.#broker.signal(JSON.stringify(signal)).catch(() => {})
  }

  async #close(): Promise<void> {
    await this.#runs.close()
    this.#drained = true
    this.membership.close()
    this.#start.close(new SseError('closed', 'The hub was closed before its broker started.'))
    this.#leases.close()
    this.#disconnects.close()
    await this.#broker.close()
  }

  #observed<T>(promise: Promise<T>): Promise<T> {
    return Observed.from(promise, (error) => this.report(error))
  }
}

/** The start of a hub that only publishes. */
const neverStarted: Pick<Start, 'ready' | 'close' | 'failure'> = {
  ready: Promise.resolve(),
  failure: undefined,
  close() {},
}

function endMessage(channel: string, outcome: { reason: string; message?: string }, key?: string): Message {
  const channels = toChannels(channel, { byApp: true })
  return { channels, event: endEvent, data: JSON.stringify({ channel, ...outcome }), idempotencyKey: key }
}
