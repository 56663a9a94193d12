import { types } from 'node:util'
import { checkNames, checkObject } from '../check.ts'
import type { Delivery } from '../delivery/delivery.ts'
import { Reader, type Subscriber } from '../delivery/reader.ts'
import { drawBetween } from '../draw-between.ts'
import { atEndOfTurn } from '../end-of-turn.ts'
import { SseError, show } from '../errors.ts'
import type { GapReason } from '../log/broker.ts'
import { toChannels } from '../log/channel.ts'
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
  StreamEnd,
  StreamOptions,
  SubscribeOptions,
} from './sse-stream.ts'
import type { StreamHost } from './stream-host.ts'

const sendOptions = ['event', 'id', 'retry']
const subscribeOptions = ['expires', 'rewind', 'since']

/** Milliseconds that a slow client has at a shutdown. What it does not take in time is still in the log. */
const shutdownGrace = 1_000
/** The heartbeat of a stream that does not stand at the head of a log. */
const emptyComment: readonly Frame[] = [frame(':\n\n')]
/** Between these times, in milliseconds, a client reconnects after its credentials have run out. */
const retryExpired = [250, 750] as const

/**
 * One response: it opens, sends, and ends. `#state` says whether the response is open; the reader alone knows whether the client was told its
 * position in the log.
 */
export class Stream implements SseStream, Subscriber {
  readonly lastEventId: string | undefined
  readonly output: Backpressure
  readonly #host: StreamHost
  readonly #transport: Transport
  readonly #channels: StreamChannels
  readonly #maxChannels: number
  readonly #retry: number | readonly [min: number, max: number]
  readonly #arrival: number
  #key: string | (() => string | undefined) | undefined
  #id: string | undefined
  /** `opening`: it counts for the limits and can be disconnected, but status and headers are still the app's. */
  #state: 'idle' | 'opening' | 'open' | 'closed' = 'idle'
  #end: StreamEnd | undefined
  #abort: AbortController | undefined
  #subscribed = false
  /** Where to begin if the client brings no cursor: what the app said, else the head at the first `subscribe`. */
  #since: string | undefined
  #head: string | undefined
  /** How many events of its channels a stream without a cursor goes back. */
  #rewind = 0
  readonly #records: StreamOptions['records']
  readonly #presence: StreamOptions['presence']
  #reader: Reader | undefined
  /** The channels that the client asks for, until they are authorized. Nothing is read before. */
  #asked: AskedChannels | undefined
  /** Only for streams whose channels the client may change. */
  #changes: ChangeOrder | undefined
  #expiry: Expiry | undefined
  /** `undefined` once it was called. */
  #admit: (() => Refusal | undefined) | undefined
  /** Why it may not open. */
  #refusal: Refusal | undefined
  /** The slice of the heartbeat that serves it. */
  #slice = 0

  constructor(host: StreamHost, transport: Transport, options: StreamOptions = {}) {
    const { key, lastEventId, retry = 2_000, stall = 30_000, maxUnread = 1_048_576 } = options
    const { maxChannels = 64, shared = false } = options
    this.#key = key
    this.lastEventId = lastEventId || undefined
    this.#host = host
    this.#transport = transport
    this.#channels = new StreamChannels({ max: maxChannels, shared })
    this.#maxChannels = maxChannels
    this.#retry = retry
    this.#asked = options.asked
    this.#changes = options.asked && new ChangeOrder()
    this.#records = options.records
    this.#presence = options.presence
    this.#admit = options.admit
    this.#arrival = options.arrival ?? host.revocations.now
    this.output = new Backpressure(transport, { stall, maxUnread }, this)
    transport.onDrain = () => this.#drained()
    transport.onError = (error) => this.failed(error)
    transport.onClose = (end = 'client') => {
      this.#finish(end)
      this.output.end()
    }
    if (transport.closed) this.#finish('client')
  }

  get id(): string {
    this.#id ??= this.#host.newStreamId()
    return this.#id
  }

  get key(): string | undefined {
    if (typeof this.#key !== 'function') return this.#key
    try {
      return this.#key()
    } catch {
      return undefined
    }
  }

  get channels(): ReadonlySet<string> {
    return this.#channels.names
  }

  get labels(): ReadonlySet<string> | undefined {
    return this.#channels.labels
  }

  get named(): boolean {
    return this.#records !== undefined
  }

  get closed(): boolean {
    return this.#state === 'closed'
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
        `The id ${show(id)} would be taken for a position in the log: send without an id, or use hub.publish.`,
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
    const send = (item: unknown) => this.send(item, options) || this.output.room()
    const sent = sendAll(source, { prepare, send, signal: this.signal })
    return Observed.from(sent, (error) => this.#host.report(error))
  }

  comment(text?: string): boolean {
    return this.#sendNow(frame(encodeComment(text)))
  }

  subscribe(channels: string | readonly string[], options: SubscribeOptions = {}): this {
    const names = toChannels(channels, { orNone: true, byApp: true })
    if (!this.#host.ready) {
      throw new SseError('no-hub', 'Channels need a hub: app.use(sse({ hub: createHub() })).', {
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
      this.#since ??= since
      this.#rewind = Math.max(this.#rewind, rewind)
    }
    if (!this.#subscribed) this.#head = this.#host.delivery?.window.headId
    this.#join(names)
    if (!this.#subscribed) this.#openAtEndOfTurn()
    return this
  }

  unsubscribe(channels: string | readonly string[]): this {
    const names = toChannels(channels, { orNone: true })
    this.#leave(names)
    this.#changes?.take(names, this.#changes.next())
    return this
  }

  /** A change of channels that the client asks for arrives. @returns its turn: decided later, it overrules no newer change */
  nextTurn(): number {
    this.#changes ??= new ChangeOrder()
    return this.#changes.next()
  }

  /** Changes the channels as the client asked, and confirms it to the client. @throws {SseError} `too-many-channels` */
  change({ turn, refused, ...asked }: ChannelsChange): void {
    if (this.closed || !this.#subscribed) return
    const subscribe = this.#newest(asked.subscribe, turn)
    const unsubscribe = this.#newest(asked.unsubscribe, turn)
    this.#leave(this.#channels.removedBy({ subscribe, unsubscribe }))
    this.#grant({ granted: subscribe, refused })
    if (this.#reader?.opened) this.#writeAhead(this.#channels.confirmation(this.#reader.toldPosition))
  }

  close(options: CloseOptions = {}): void {
    checkObject('options', options)
    checkNames('', options, ['reconnect'])
    const { reconnect } = options
    if (reconnect !== undefined && reconnect !== false) checkRetry(reconnect)
    this.closeFor('closed', reconnect)
  }

  /** Ends the stream. If the client is told when to reconnect, it is told the reason too. */
  closeFor(
    reason: StreamEnd,
    reconnect?: false | number,
    options: { lastOfConnection?: boolean } = {},
  ): void {
    if (this.closed) return
    const isRevoked = reason === 'disconnected' || reason === 'expired'
    if (this.#state !== 'open' && reconnect === false) this.#refuse(nothingForClient, reason)
    else if (isRevoked && !this.#begun) this.#refuse(this.#revoked(reason, reconnect), reason)
    // The bytes pending in the transport would still be delivered.
    else if (reason === 'disconnected' && this.output.full) this.cut(reason)
    else this.#endWith(reason, reconnect, options)
  }

  /** Ends the response at once and drops what is pending. */
  cut(reason: StreamEnd): void {
    this.#finish(reason)
    try {
      this.#transport.destroy()
    } catch (error) {
      this.#host.report(error)
    }
  }

  /** The transport has thrown. */
  failed(error: unknown): void {
    this.#host.report(error)
    this.cut('client')
  }

  /** Called once every heartbeat. A stream at the head sends its position; every other one sends a comment. */
  beat(): void {
    // The timer of the expiry does not notice that the clock was set, or that the machine slept.
    if (this.#expiry?.over) this.#expire()
    if (this.closed || this.output.full) return
    const ping = this.#reader?.live ? this.#host.delivery?.ping() : undefined
    // A reader that is behind tries again: its broker may have failed it.
    if (!ping) this.#reader?.resume()
    if (!this.output.full) this.#writeAhead(ping ?? emptyComment)
  }

  onOpen({ id, resumed }: { id: string | undefined; resumed: boolean }): void {
    const broughtCursor = this.lastEventId !== undefined || this.#since !== undefined
    const { interval: heartbeat } = this.#host.heartbeat
    const open = openFrame({ stream: this.id, heartbeat, resumed: broughtCursor ? resumed : null }, id)
    this.#write([open, ...this.#channels.confirmation(id)])
  }

  onGap(reason: GapReason, requested: string, resumeAt: string | undefined): void {
    this.#write([gapFrame(reason, requested, resumeAt)])
    this.#host.observe({ type: 'gap', stream: this, reason, requested })
  }

  onCaughtUp(): void {
    const { position } = this.#reader!
    this.#transport.caughtUp?.(position)
    const presence = this.#host.membership?.framesOf(this.channels) ?? []
    if (presence.length > 0) this.#writeAhead(presence)
    if (this.labels) this.#writeAhead([pingFrame(position)])
  }

  /** A client that waits for a document is told when to retry. A stream waits for the broker. */
  onUnreadable(): void {
    if (!this.closed) this.#transport.unreadable?.()
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

  #write(frames: readonly Frame[]): boolean {
    return !this.closed && this.output.write(frames)
  }

  /** Writes frames that do not come from the log, ahead of those that do. @returns whether the client keeps up */
  #writeAhead(frames: readonly Frame[]): boolean {
    if (this.#write(frames)) return !this.closed
    this.#reader?.pause()
    return false
  }

  /** Opens because something is sent: that does not wait for the end of the turn. */
  #openNow(): void {
    if (this.#state === 'idle' || this.#state === 'opening') this.#open()
  }

  #openAtEndOfTurn(): void {
    this.#subscribed = true
    this.#transport.subscribed?.()
    this.#begin()
    if (this.#state === 'open' && !this.#asked) this.#read()
    // Two turns, because Express answers an error of the handler at the end of a turn too.
    else atEndOfTurn(() => atEndOfTurn(() => void this.#authorizeAndOpen()))
  }

  /** Nothing is replayed before it is known what the client may read. */
  async #authorizeAndOpen(): Promise<void> {
    try {
      if (this.#asked && !this.closed && !this.#refusal) {
        await this.#authorize(this.#asked)
        if (this.closed) return
        this.#asked = undefined
      }
      if (this.#state === 'opening' && this.#transport.closed) this.#finish('unopened')
      else if (this.#state === 'opening') this.#openUnattended()
      else if (this.#state === 'open') this.#read()
    } catch (error) {
      this.#turnAway(error)
    }
  }

  async #authorize(asked: AskedChannels): Promise<void> {
    const maxChannels = this.#maxChannels
    checkAsked(asked, this.labels ? Number.POSITIVE_INFINITY : maxChannels)
    const turn = this.nextTurn()
    const { granted, refused } = await authorizeAsked(asked, { abandoned: () => this.closed, maxChannels })
    if (!this.closed) this.#grant({ granted: this.#newest(granted, turn), refused })
  }

  #turnAway(error: unknown): void {
    if (this.closed) {
      this.#host.report(error)
      return
    }
    const refusal = this.#refusalFor(error)
    if (this.#state === 'open') this.closeFor('refused', refusal.retry ?? false)
    else this.#refuse(refusal)
  }

  /** An invalid request is the client's fault. After any other error the client should retry. */
  #refusalFor(error: unknown): Refusal {
    if (
      error instanceof SseError &&
      (error.code === 'invalid-channel' || error.code === 'too-many-channels')
    ) {
      return { status: 400, detail: error.message }
    }
    this.#host.report(error)
    const detail = 'It could not be decided what this client may read.'
    return { status: 503, detail, retry: this.#drawRetry() }
  }

  /** From now on the limits count it, and a `disconnect` ends it. A refusal is answered only when it would open. */
  #begin(): void {
    if (this.#state !== 'idle') return
    this.#refusal = this.#host.refusal() ?? this.#admit?.() ?? this.#revocation()
    this.#admit = undefined
    this.#state = 'opening'
    this.#host.streams.addOpening(this)
  }

  #revocation(): Refusal | undefined {
    if (typeof this.#key === 'function') this.#key = this.#key()
    if (this.#key === undefined) return undefined
    const revocation = this.#host.revocations.since(this.#arrival, this.#key)
    return revocation && this.#revoked('disconnected', revocation.reconnect)
  }

  #open(): void {
    this.#begin()
    const refusal = this.#expiry?.over ? expired : (this.#host.refusal() ?? this.#refusal)
    if (refusal) {
      this.#refuse(refusal)
      return
    }
    if (this.#hasEnded) {
      this.#refuse(nothingForClient, 'ended')
      return
    }
    try {
      this.#transport.open()
    } catch (error) {
      this.#finish('unopened')
      throw error
    }
    this.#state = 'open'
    this.#slice = this.#host.heartbeat.add(this)
    this.#host.streams.add(this)
    this.#host.observe({ type: 'open', stream: this })
    if (this.#subscribed) this.#host.membership?.sync(this, { open: true })
    // The app may have ended it when it was told.
    if (this.closed) return
    this.#write([frame(`:\nretry: ${this.#drawRetry()}\n\n`)])
    if (this.#subscribed && !this.#asked) this.#read()
  }

  /** Opens outside of a call of the app's. If that fails, nobody else answers the request, unless the app already has. */
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
    const { delivery, ready } = this.#host
    if (this.#reader || this.closed) return
    if (!delivery) {
      ready?.then(
        () => this.#read(),
        () => this.#cannotRead(),
      )
      return
    }
    const head = this.#head ?? delivery.window.headId
    const brought = this.lastEventId ?? this.#since
    const cursor = brought ?? this.#rewound(delivery) ?? head
    const known = isCursor(cursor)
    this.#reader = new Reader(delivery, this, known ? cursor : head)
    const lacks = (channel: string) => this.#records?.lacks(channel) ?? false
    this.#reader.start({ fresh: brought === undefined, unknown: known ? undefined : cursor, lacks })
  }

  /** Whether all of its channels have ended, and there is nothing left to read on them. */
  get #hasEnded(): boolean {
    const { delivery } = this.#host
    if (!delivery?.isEnded(this.channels) || this.#asked) return false
    const cursor = this.lastEventId ?? this.#since ?? this.#rewound(delivery)
    return cursor === undefined || delivery.hasNothingAfter(cursor, this.channels)
  }

  #rewound({ window }: Delivery): string | undefined {
    return this.#rewind > 0 ? window.before(this.channels, this.#rewind) : undefined
  }

  /** The broker did not start for too long. */
  #cannotRead(): void {
    if (this.closed) return
    if (this.#transport.unreadable) this.#transport.unreadable()
    else this.closeFor('unopened', this.#drawRetry())
  }

  /** Before the stream reads, all channels share its cursor. Later ones join where it stands, and nothing of them is replayed. */
  #join(names: readonly string[]): void {
    this.#reader?.flush()
    const added = this.#channels.add(names)
    this.#reader?.join(names, added)
    this.#tellPresence(added)
    this.#changes?.take(names, this.#changes.next())
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

  #newest(channels: readonly string[], turn: number): readonly string[] {
    return this.#changes?.take(channels, turn) ?? channels
  }

  #endWith(
    reason: StreamEnd,
    reconnect: false | number | undefined,
    options: { lastOfConnection?: boolean },
  ): void {
    this.#openNow()
    if (this.closed) return
    if (reconnect !== undefined) this.#write([closeFrame(reconnect, reason)])
    if (this.closed) return
    this.#finish(reason)
    try {
      this.#transport.end(options)
      this.output.linger(options.lastOfConnection ? shutdownGrace : undefined)
    } catch (error) {
      this.failed(error)
    }
  }

  /** Whether anything of the response is on its way. */
  get #begun(): boolean {
    return this.#state === 'open' && (this.#transport.begun ?? true)
  }

  /** The answer to a client whose stream was revoked before anything of the response was on its way. */
  #revoked(reason: StreamEnd, reconnect: false | number | undefined): Refusal {
    if (reason === 'expired') return expired
    return reconnect === false ? nothingForClient : disconnected(reconnect ?? this.#drawRetry())
  }

  #refuse(refusal: Refusal, reason: StreamEnd = 'refused'): void {
    this.#finish(reason)
    if (reason === 'refused') this.#host.observe({ type: 'refuse', stream: this, refusal })
    try {
      this.#transport.refuse(refusal)
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
    this.output.drained()
    this.#reader?.resume()
  }

  #finish(reason: StreamEnd): void {
    if (this.closed) return
    const before = this.#state
    this.#state = 'closed'
    this.#end = reason
    this.#expiry?.clear()
    this.#reader?.end()
    if (before !== 'idle') this.#host.streams.remove(this)
    if (before === 'open') {
      this.#host.heartbeat.remove(this, this.#slice)
      if (this.#subscribed) this.#host.membership?.sync(this, { open: false, polled: reason === 'answered' })
      this.#host.observe({ type: 'close', stream: this, reason })
    }
    this.#abort?.abort(reasonOf(reason))
    this.output.end()
  }
}

/** Only the broker can say whether it stands in the log. @throws {SseError} `invalid-cursor` */
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
  throw new SseError('invalid-option', 'rewind and since both say where to begin: use one of them.', {
    value: rewind,
  })
}

/** An error, so that `fetch(url, { signal })` fails with a real error and checks for `AbortError` hold. */
function reasonOf(end: StreamEnd | undefined): SseError {
  return new SseError(end ?? 'closed', `The stream has ended: ${end}.`, { name: 'AbortError' })
}
