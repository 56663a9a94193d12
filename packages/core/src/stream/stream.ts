import { types } from 'node:util'
import { checkNames, checkObject } from '../check.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { Reader, type Subscriber } from '../delivery/reader.ts'
import { drawBetween } from '../draw-between.ts'
import { turnsLater } from '../end-of-turn.ts'
import { SseError, show } from '../errors.ts'
import type { GapReason } from '../log/broker.ts'
import { toChannels } from '../log/channel.ts'
import { comparePositions } from '../log/compare-positions.ts'
import { isCursor } from '../log/cursor.ts'
import { Observed } from '../observed.ts'
import { Backpressure } from '../response/backpressure.ts'
import { disconnected, expired, nothingForClient, type Refusal } from '../response/refusal.ts'
import type { Transport } from '../response/transport.ts'
import { closeFrame, gapFrame, openFrame, pingFrame } from '../wire/control.ts'
import { checkFields, checkRetry, encodeComment, encodeFields } from '../wire/encode.ts'
import { contentOfEvent, type Frame, frame } from '../wire/frame.ts'
import { type AskedChannels, authorizeAsked, checkAsked } from './channels/asked-channels.ts'
import { ChangeOrder } from './channels/change-order.ts'
import { StreamChannels } from './channels/stream-channels.ts'
import { Expiry } from './expiry.ts'
import { type Source, sendAll } from './source.ts'
import type {
  ChannelsChange,
  CloseOptions,
  FromOptions,
  SendOptions,
  SseStream,
  StreamClient,
  StreamEnd,
  StreamOptions,
  SubscribeOptions,
} from './sse-stream.ts'
import type { StreamHost } from './stream-host.ts'

const sendOptions = ['event', 'id', 'retry']
const subscribeOptions = ['expires', 'rewind', 'since']

/** Milliseconds that a slow client has at a shutdown to read its pending bytes. Events that it misses are still in the log. */
const shutdownGrace = 1_000
/** The heartbeat of a stream that is not at the head of a log. */
const emptyComment: readonly Frame[] = [frame(':\n\n')]
/** The range, in milliseconds, of the reconnection time of a client whose credentials have expired. */
const retryExpired = [250, 750] as const

/**
 * One response, from its opening to its end. `#state` is the state of the response. Only the reader knows whether the client has received its
 * position in the log.
 */
export class Stream implements SseStream, Subscriber {
  readonly lastEventId: string | undefined
  readonly transport: Transport
  readonly #host: StreamHost
  /** Exists once the transport has been full, which most never are. */
  #backpressure: Backpressure | undefined
  readonly #stall: number
  readonly #maxUnread: number
  readonly #channels: StreamChannels
  readonly #maxChannels: number
  readonly #retry: number | readonly [min: number, max: number]
  readonly #arrival: number
  readonly #openAfter: number
  #key: string | undefined
  #id: string | undefined
  /** `opening`: the stream counts for the limits and can be disconnected, but the app can still set status and headers. */
  #state: 'idle' | 'opening' | 'open' | 'closed' = 'idle'
  #end: StreamEnd | undefined
  #abort: AbortController | undefined
  #subscribed = false
  /** Where to begin if the client sent no cursor: at `since` of the app, else at the head when `subscribe` was first called. */
  #since: string | undefined
  #head: string | undefined
  /** How many events of its channels a stream without a cursor goes back. */
  #rewind = 0
  readonly #records: StreamOptions['records']
  readonly #presence: StreamOptions['presence']
  #reader: Reader | undefined
  /** The channels that the client asks for, until they are authorized. Before, nothing is read. */
  #asked: AskedChannels | undefined
  /** Exists only if the client may change the channels. */
  #changes: ChangeOrder | undefined
  #expiry: Expiry | undefined
  /** Until it has admitted the stream. */
  #client: StreamClient | undefined
  /** Why the stream may not open. */
  #refusal: Refusal | undefined
  /** The newest position that the client waits for. */
  #awaited: string | undefined
  /** The first bytes of the response, until something is written: they leave together. */
  #greeting = ''
  /** The slice of the heartbeat that has this stream. */
  #slice = 0

  constructor(host: StreamHost, transport: Transport, options: StreamOptions = {}) {
    const { lastEventId, retry = 2_000, stall = 30_000, maxUnread = 1_048_576 } = options
    const { maxChannels = 64, shared = false, openAfter = 2 } = options
    this.lastEventId = lastEventId || undefined
    this.transport = transport
    this.#host = host
    this.#stall = stall
    this.#maxUnread = maxUnread
    this.#channels = new StreamChannels({ max: maxChannels, shared })
    this.#maxChannels = maxChannels
    this.#retry = retry
    this.#asked = options.asked
    this.#changes = options.asked && new ChangeOrder()
    this.#records = options.records
    this.#presence = options.presence
    this.#key = options.key
    this.#client = options.client
    this.#arrival = options.arrival ?? host.revocations.latest
    this.#openAfter = openAfter
    // Only a transport that answers and ends by itself has it: most streams need no closure for it.
    if ('onError' in transport) transport.onError = (error) => this.failed(error)
    transport.onClose = (end = 'client') => {
      this.#finish(end)
      this.#backpressure?.end()
    }
    if (transport.closed) this.#finish('client')
  }

  get id(): string {
    this.#id ??= this.#host.newStreamId()
    return this.#id
  }

  get key(): string | undefined {
    try {
      return this.#client ? this.#client.key : this.#key
    } catch {
      return undefined
    }
  }

  get channels(): ReadonlySet<string> {
    return this.#channels.names
  }

  get labelledChannels(): ReadonlySet<string> | undefined {
    return this.#channels.labelledChannels
  }

  get named(): boolean {
    return this.#records !== undefined
  }

  get closed(): boolean {
    return this.#state === 'closed'
  }

  get full(): boolean {
    return this.#backpressure?.full ?? false
  }

  get backpressure(): Backpressure {
    if (!this.#backpressure) {
      const limits = { stall: this.#stall, maxUnread: this.#maxUnread }
      this.#backpressure = new Backpressure(this.transport, limits, this)
      this.transport.onDrain = () => this.#drained()
    }
    return this.#backpressure
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      if (this.closed) this.#abort.abort(reasonOf(this.#end))
    }
    return this.#abort.signal
  }

  send(data: unknown, options: SendOptions = {}): boolean {
    checkObject('options', options)
    checkNames('', options, sendOptions)
    const { event, id, retry } = options
    const fields = checkFields({ event, id, retry, data })
    if (id !== undefined && this.#subscribed) {
      throw new SseError(
        'id-on-subscribed-stream',
        `The id ${show(id)} cannot be sent, because ids on a subscribed stream are positions in the log: send without an id, or use hub.publish.`,
        { value: id },
      )
    }
    return this.#sendNow(frame(encodeFields(fields), contentOfEvent(fields)))
  }

  from(source: Source, options: FromOptions = {}): Promise<void> {
    const prepare = () => {
      checkObject('options', options)
      checkNames('', options, ['event'])
      this.#openNow()
    }
    const send = (item: unknown) => this.send(item, options) || this.backpressure.whenDrained()
    const sent = sendAll(source, { prepare, send, signal: this.signal })
    return Observed.from(sent, (error) => this.#host.report(error))
  }

  comment(text?: string): boolean {
    return this.#sendNow(frame(encodeComment(text)))
  }

  subscribe(channels: string | readonly string[], options: SubscribeOptions = {}): this {
    const names = toChannels(channels, { allowEmpty: true, byApp: true })
    if (!this.#host.whenReady) {
      throw new SseError('no-hub', 'Channels need a hub: use app.use(sse({ hub: createHub() })).', {
        value: channels,
      })
    }
    checkObject('options', options)
    checkNames('', options, subscribeOptions)
    const { expires, rewind = 0, since } = options
    checkSince(since)
    checkRewind(rewind, since)
    if (expires !== undefined) this.#expireAt(expires)
    if (this.closed) return this
    if (!this.#reader) {
      checkRewind(Math.max(this.#rewind, rewind), this.#since ?? since)
      this.#since ??= since
      this.#rewind = Math.max(this.#rewind, rewind)
    }
    if (!this.#subscribed) this.#head = this.#host.delivery?.window.headId
    this.#join(names)
    if (!this.#subscribed) this.#openAtEndOfTurn()
    return this
  }

  unsubscribe(channels: string | readonly string[]): this {
    const names = toChannels(channels, { allowEmpty: true })
    this.#leave(names)
    this.#changes?.record(names, this.#changes.next())
    return this
  }

  /** Called when a client asks for a change of channels. @returns its turn, so that it does not override a newer change */
  nextTurn(): number {
    this.#changes ??= new ChangeOrder()
    return this.#changes.next()
  }

  /** Executes an authorized change of channels, and confirms it to the client. @throws {SseError} `too-many-channels` */
  change({ turn, refused, ...asked }: ChannelsChange): void {
    if (this.closed || !this.#subscribed) return
    const subscribe = this.#recordChange(asked.subscribe, turn)
    const unsubscribe = this.#recordChange(asked.unsubscribe, turn)
    this.#leave(this.#channels.removedBy({ subscribe, unsubscribe }))
    this.#grant({ granted: subscribe, refused })
    if (this.#reader?.opened) this.#writeAhead(this.#channels.confirmation(this.#reader.toldPosition))
  }

  /** Pings the client once the stream has passed a position, so that it need not wait for the next heartbeat. */
  pingPast(id: string): void {
    if (this.#awaited === undefined || comparePositions(this.#awaited, id) !== 1) this.#awaited = id
    this.#host.delivery?.await(this)
  }

  /** A position that cannot be compared is pinged too, because the client has to know. @returns whether the stream no longer waits */
  checkAwaited(): boolean {
    const { delivery } = this.#host
    if (this.closed || this.#awaited === undefined || !delivery) return true
    if (!this.#reader?.live || this.full) return false
    if (comparePositions(delivery.window.headId, this.#awaited) === -1) return false
    this.#awaited = undefined
    this.#writeAhead(delivery.ping())
    return true
  }

  close(options: CloseOptions = {}): void {
    checkObject('options', options)
    checkNames('', options, ['reconnect'])
    const { reconnect } = options
    if (reconnect !== undefined && reconnect !== false) checkRetry(reconnect)
    this.closeFor('closed', reconnect)
  }

  /** Ends the stream. If `reconnect` is given, the client gets it with the reason in `sse.close`. */
  closeFor(
    reason: StreamEnd,
    reconnect?: false | number,
    options: { lastOfConnection?: boolean } = {},
  ): void {
    if (this.closed) return
    const isRevoked = reason === 'disconnected' || reason === 'expired'
    if (this.#state !== 'open' && reconnect === false) this.#refuse(nothingForClient, reason)
    else if (isRevoked && !this.#responseStarted) this.#refuse(this.#revoked(reason, reconnect), reason)
    // Otherwise the pending bytes of the transport would still be delivered.
    else if (reason === 'disconnected' && this.full) this.destroy(reason)
    else this.#endWith(reason, reconnect, options)
  }

  /** Ends the response at once and drops its pending bytes. */
  destroy(reason: StreamEnd): void {
    this.#finish(reason)
    try {
      this.transport.destroy()
    } catch (error) {
      this.#host.report(error)
    }
  }

  /** Called with an error of the transport. */
  failed(error: unknown): void {
    this.#host.report(error)
    this.destroy('client')
  }

  /** Called once every heartbeat. A stream at the head sends its position. Any other stream sends a comment. */
  beat(): void {
    // The timer of the expiry does not notice if the clock was set, or if the machine slept.
    if (this.#expiry?.isOver) this.#expire()
    if (this.closed || this.full) return
    const ping = this.#reader?.live ? this.#host.delivery?.ping() : undefined
    // A reader that is behind retries, because its last read of the broker may have failed.
    if (!ping) this.#reader?.resume()
    if (this.full) return
    // From now on the heartbeats are enough.
    if (ping) this.#awaited = undefined
    this.#writeAhead(ping ?? emptyComment)
  }

  onOpen({ id, resumed }: { id: string | undefined; resumed: boolean }): void {
    const hasCursor = this.lastEventId !== undefined || this.#since !== undefined
    const { interval: heartbeat } = this.#host.heartbeat
    const open = openFrame(
      { stream: this.id, heartbeat, resumed: hasCursor ? resumed : null },
      id,
      this.#takeGreeting(),
    )
    this.writeFrames([open, ...this.#channels.confirmation(id)])
  }

  onGap(reason: GapReason, requested: string, resumeAt: string | undefined): void {
    this.writeFrames([gapFrame(reason, requested, resumeAt)])
    this.#host.observe({ type: 'gap', stream: this, reason, requested })
  }

  onCaughtUp(): void {
    const { position } = this.#reader!
    this.transport.caughtUp?.(position)
    const presence = this.#host.membership?.framesOf(this.channels) ?? []
    if (presence.length > 0) this.#writeAhead(presence)
    if (this.labelledChannels) this.#writeAhead([pingFrame(position)])
    this.checkAwaited()
  }

  /** A poll is answered with the time to retry. A stream waits for the broker. */
  onUnreadable(): void {
    if (!this.closed) this.transport.unreadable?.()
  }

  presenceOn(channel: string): unknown {
    return this.#presence?.(channel)
  }

  onEnded(): void {
    this.closeFor('ended', false)
  }

  #sendNow(message: Frame): boolean {
    this.#openNow()
    return this.#writeAhead([message])
  }

  writeFrames(frames: readonly Frame[]): boolean {
    if (this.closed) return false
    const written = this.#greeting === '' ? frames : [frame(this.#takeGreeting()), ...frames]
    if (this.#backpressure) return this.#backpressure.write(written)
    try {
      if (this.transport.write(written)) return true
      this.backpressure.becameFull()
    } catch (error) {
      this.failed(error)
    }
    return false
  }

  #takeGreeting(): string {
    const greeting = this.#greeting
    this.#greeting = ''
    return greeting
  }

  /** Writes frames that are not from the log. They go ahead of entries that wait for a drain. @returns whether the client keeps up */
  #writeAhead(frames: readonly Frame[]): boolean {
    // A transport may take an empty write for the end of the body, as chunked coding does.
    if (frames.length === 0) return !this.closed
    if (this.writeFrames(frames)) return !this.closed
    this.#reader?.pause()
    return false
  }

  /** Opens without waiting for the end of the turn, because something is sent. */
  #openNow(): void {
    if (this.#state === 'idle' || this.#state === 'opening') this.#open()
  }

  #openAtEndOfTurn(): void {
    this.#subscribed = true
    this.transport.subscribed?.()
    this.#startOpening()
    if (this.#state === 'open' && !this.#asked) this.#read()
    else void turnsLater(this.#openAfter).then(() => this.#openUnlessAsked())
  }

  /** Nothing is replayed before the channels are authorized. Most streams have nothing to wait for. */
  #openUnlessAsked(): void {
    try {
      if (this.#asked && !this.closed && !this.#refusal) void this.#authorizeAndOpen(this.#asked)
      else this.#openSubscribed()
    } catch (error) {
      this.failed(error)
    }
  }

  async #authorizeAndOpen(asked: AskedChannels): Promise<void> {
    try {
      await this.#authorize(asked)
      if (this.closed) return
      this.#asked = undefined
      this.#openSubscribed()
    } catch (error) {
      this.#onAuthorizeError(error)
    }
  }

  #openSubscribed(): void {
    if (this.#state === 'opening' && this.transport.closed) this.#finish('unopened')
    else if (this.#state === 'opening') this.#openUnattended()
    else if (this.#state === 'open') this.#read()
  }

  async #authorize(asked: AskedChannels): Promise<void> {
    const maxChannels = this.#maxChannels
    checkAsked(asked, this.labelledChannels ? Number.POSITIVE_INFINITY : maxChannels)
    const turn = this.nextTurn()
    const { granted, refused } = await authorizeAsked(asked, { abandoned: () => this.closed, maxChannels })
    if (!this.closed) this.#grant({ granted: this.#recordChange(granted, turn), refused })
  }

  #onAuthorizeError(error: unknown): void {
    if (this.closed) {
      this.#host.report(error)
      return
    }
    const refusal = this.#refusalFor(error)
    if (this.#state === 'open') this.closeFor('refused', refusal.retry ?? false)
    else this.#refuse(refusal)
  }

  /** An invalid request gets 400. After any other error the client should retry. */
  #refusalFor(error: unknown): Refusal {
    if (
      error instanceof SseError &&
      (error.code === 'invalid-channel' || error.code === 'too-many-channels')
    ) {
      return { status: 400, detail: error.message }
    }
    this.#host.report(error)
    const detail = 'The channels of this client could not be authorized.'
    return { status: 503, detail, retry: this.#drawRetry() }
  }

  /** From now on the stream counts for the limits, and a `disconnect` ends it. A refusal is sent only when the stream would open. */
  #startOpening(): void {
    if (this.#state !== 'idle') return
    this.#refusal = this.#host.refusal() ?? this.#client?.admit(this) ?? this.#revocation()
    this.#state = 'opening'
    this.#host.streams.addOpening(this)
  }

  #revocation(): Refusal | undefined {
    if (this.#client) this.#key = this.#client.key
    this.#client = undefined
    if (this.#key === undefined) return undefined
    const revocation = this.#host.revocations.since(this.#arrival, this.#key)
    return revocation && this.#revoked('disconnected', revocation.reconnect)
  }

  #open(): void {
    this.#startOpening()
    const refusal = this.#expiry?.isOver ? expired : (this.#host.refusal() ?? this.#refusal)
    if (refusal) {
      this.#refuse(refusal)
      return
    }
    if (this.#hasEnded) {
      this.#refuse(nothingForClient, 'ended')
      return
    }
    try {
      this.transport.open()
    } catch (error) {
      this.#finish('unopened')
      throw error
    }
    this.#state = 'open'
    this.#slice = this.#host.heartbeat.add(this)
    this.#host.streams.add(this)
    this.#host.observe({ type: 'open', stream: this })
    // The app may have closed the stream in onStream, and then its member must not join.
    if (this.closed) return
    if (this.#subscribed) this.#host.membership?.sync(this, { open: true })
    this.#greeting = `:\nretry: ${this.#drawRetry()}\n\n`
    if (this.#subscribed && !this.#asked) this.#read()
    if (this.#greeting !== '') this.writeFrames([])
  }

  /** Opens outside of a call by the app. If this fails, the connection is closed, unless the app has already answered the request. */
  #openUnattended(): void {
    try {
      this.#open()
    } catch (error) {
      if (error instanceof SseError && error.code === 'headers-sent') this.#host.report(error)
      else this.failed(error)
    }
  }

  /** Starts to read the log, as soon as the broker has started. */
  #read(): void {
    const { delivery } = this.#host
    if (this.#reader || this.closed) return
    if (!delivery) {
      this.#host.whenReady?.().then(
        () => this.#read(),
        () => this.#cannotRead(),
      )
      return
    }
    const head = this.#head ?? delivery.window.headId
    const given = this.lastEventId ?? this.#since
    const cursor = given ?? this.#rewound(delivery) ?? head
    const isValid = isCursor(cursor)
    this.#reader = new Reader(delivery, this, isValid ? cursor : head)
    this.#reader.start({
      fresh: given === undefined,
      invalid: isValid ? undefined : cursor,
      lacked: this.#records,
    })
  }

  /** Whether all channels of the stream have ended and the client has everything on them. */
  get #hasEnded(): boolean {
    const { delivery } = this.#host
    if (!delivery?.isEnded(this.channels) || this.#asked) return false
    const cursor = this.lastEventId ?? this.#since ?? this.#rewound(delivery)
    return cursor === undefined || delivery.hasNothingAfter(cursor, this.channels)
  }

  /** The earlier one of two positions: so many events back, and the head when `subscribe` was called, after which no event may be missed. */
  #rewound({ window }: Delivery): string | undefined {
    if (this.#rewind === 0) return undefined
    const rewound = window.before(this.channels, this.#rewind)
    if (this.#head === undefined) return rewound
    const head = window.find(this.#head)
    return head !== undefined && head >= window.find(rewound)! ? rewound : this.#head
  }

  /** Called when `whenReady` has rejected. */
  #cannotRead(): void {
    if (this.closed) return
    if (this.transport.unreadable) this.transport.unreadable()
    else this.closeFor('unopened', this.#drawRetry())
  }

  /** Before the stream reads, all channels share its cursor. Later channels join at its position, without replay. */
  #join(names: readonly string[]): void {
    this.#reader?.flush()
    const added = this.#channels.add(names)
    this.#reader?.join(names, added)
    this.#tellPresence(added)
    this.#changes?.record(names, this.#changes.next())
  }

  #leave(names: readonly string[]): void {
    this.#reader?.flush()
    this.#channels.remove(names)
    this.#reader?.leave(names)
    this.#tellPresence([])
  }

  /** The stream is on other channels. It is told the members of the new ones; those of the first when it has caught up. */
  #tellPresence(added: readonly string[]): void {
    const { membership } = this.#host
    if (!membership || this.#state !== 'open') return
    membership.sync(this, { open: true })
    if (this.#reader?.live && added.length > 0) this.#writeAhead(membership.framesOf(added))
  }

  #grant(channels: { granted: readonly string[]; refused: readonly string[] }): void {
    this.#reader?.flush()
    const added = this.#channels.grant(channels)
    this.#reader?.join(added, added)
    this.#tellPresence(added)
  }

  /** @returns the channels that no newer change has decided already */
  #recordChange(channels: readonly string[], turn: number): readonly string[] {
    return this.#changes?.record(channels, turn) ?? channels
  }

  #endWith(
    reason: StreamEnd,
    reconnect: false | number | undefined,
    options: { lastOfConnection?: boolean },
  ): void {
    this.#openNow()
    if (this.closed) return
    if (reconnect !== undefined) this.writeFrames([closeFrame(reconnect, reason)])
    if (this.closed) return
    this.#finish(reason)
    try {
      this.transport.end(options)
      this.backpressure.linger(options.lastOfConnection ? shutdownGrace : undefined)
    } catch (error) {
      this.failed(error)
    }
  }

  /** Whether any part of the response was sent. */
  get #responseStarted(): boolean {
    return this.#state === 'open' && (this.transport.begun ?? true)
  }

  /** The answer to a client whose stream was revoked before any part of the response was sent. */
  #revoked(reason: StreamEnd, reconnect: false | number | undefined): Refusal {
    if (reason === 'expired') return expired
    return reconnect === false ? nothingForClient : disconnected(reconnect ?? this.#drawRetry())
  }

  #refuse(refusal: Refusal, reason: StreamEnd = 'refused'): void {
    this.#finish(reason)
    if (reason === 'refused') this.#host.observe({ type: 'refuse', stream: this, refusal })
    try {
      this.transport.refuse(refusal)
    } catch (error) {
      this.failed(error)
    }
  }

  #expireAt(expires: Date): void {
    if (!types.isDate(expires) || Number.isNaN(expires.getTime())) {
      throw new SseError('invalid-option', `expires must be a valid Date, not ${show(expires)}.`, {
        value: expires,
      })
    }
    if (this.closed) return
    this.#expiry ??= new Expiry(this.#host.now, () => this.#expire())
    this.#expiry.notAfter(expires)
  }

  /** The client reconnects soon, with new credentials. The delay spreads the clients if the server restarts at that moment. */
  #expire(): void {
    this.closeFor('expired', drawBetween(retryExpired, this.#host.random))
  }

  #drawRetry(): number {
    const retry = this.#retry
    return drawBetween(typeof retry === 'number' ? [retry * 0.5, retry * 1.5] : retry, this.#host.random)
  }

  #drained(): void {
    this.backpressure.drained()
    this.#reader?.resume()
  }

  #finish(reason: StreamEnd): void {
    if (this.closed) return
    const before = this.#state
    this.#state = 'closed'
    this.#end = reason
    this.#expiry?.clear()
    this.#reader?.end()
    if (this.#awaited !== undefined) this.#host.delivery?.stopAwaiting(this)
    if (before !== 'idle') this.#host.streams.remove(this)
    if (before === 'open') {
      this.#host.heartbeat.remove(this, this.#slice)
      if (this.#subscribed) this.#host.membership?.sync(this, { open: false, polled: reason === 'answered' })
      this.#host.observe({ type: 'close', stream: this, reason })
    }
    this.#abort?.abort(reasonOf(reason))
    this.#backpressure?.end()
  }
}

/** Checks only the type, because only the broker knows whether the log has the position. @throws {SseError} `invalid-cursor` */
function checkSince(since: unknown): void {
  if (since === undefined || typeof since === 'string') return
  throw new SseError('invalid-cursor', `since must be a hub.position, not ${show(since)}.`, { value: since })
}

/** @throws {SseError} `invalid-option` */
function checkRewind(rewind: unknown, since: string | undefined): void {
  if (!Number.isSafeInteger(rewind) || (rewind as number) < 0) {
    throw new SseError('invalid-option', `rewind must be a whole number, 0 or more, not ${show(rewind)}.`, {
      value: rewind,
    })
  }
  if (rewind === 0 || since === undefined) return
  throw new SseError(
    'invalid-option',
    'rewind and since both set where the stream begins. Use one of them.',
    {
      value: rewind,
    },
  )
}

/** The reason of the signal. It is an `AbortError`, so that `fetch(url, { signal })` rejects with one. */
function reasonOf(end: StreamEnd | undefined): SseError {
  return new SseError(end ?? 'closed', `The stream has ended: ${end}.`, { name: 'AbortError' })
}
