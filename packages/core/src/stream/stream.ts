import { types } from 'node:util'
import { checkNames, checkObject } from '../check.ts'
import type { Out } from '../delivery/reader.ts'
import { drawBetween } from '../draw-between.ts'
import { atEndOfTurn, endOfTurn } from '../end-of-turn.ts'
import { SseError, show } from '../errors.ts'
import type { GapReason } from '../log/broker.ts'
import { toChannels } from '../log/channel.ts'
import { Observed } from '../observed.ts'
import { Outlet, type OutletOwner } from '../response/backpressure.ts'
import type { Refusal } from '../response/refusal.ts'
import type { Transport } from '../response/transport.ts'
import { closeFrame } from '../wire/control.ts'
import { checkRetry, encode, encodeComment } from '../wire/encode.ts'
import { type Frame, frame } from '../wire/frame.ts'
import { type AskedChannels, checkAsked, judge } from './channels/asked-channels.ts'
import { Wishes } from './channels/change-order.ts'
import { type Subscriber, Subscription } from './channels/stream-channels.ts'
import { Expiry } from './expiry.ts'
import type { Pulse } from './heartbeat.ts'
import { itemsOf, openSource, type Source } from './source.ts'
import type {
  ChannelsChange,
  CloseOptions,
  FromOptions,
  SendOptions,
  StreamEnd,
  StreamOptions,
  SubscribeOptions,
} from './sse-stream.ts'
import type { HostedStream, StreamHost } from './stream-host.ts'

const noChannels: ReadonlySet<string> = new Set()
const sendOptions = ['event', 'id', 'retry']
const subscribeOptions = ['expires', 'since']

/** One open response: its beginning and its end, what is sent beside the log, and a subscription for what comes from the log. */
export class Stream implements HostedStream, Subscriber, Pulse, OutletOwner {
  readonly lastEventId: string | undefined
  readonly shared: boolean
  readonly maxChannels: number
  readonly #host: StreamHost
  readonly #transport: Transport
  readonly #outlet: Outlet
  readonly #retry: number | readonly [min: number, max: number]
  #key: string | (() => string | undefined) | undefined
  #id: string | undefined
  #state: 'idle' | 'opening' | 'open' | 'closed' = 'idle'
  #end: StreamEnd | undefined
  #abort: AbortController | undefined
  #subscription: Subscription | undefined
  /** What the client asks for, until it was judged: nothing is read before. */
  #asked: AskedChannels | undefined
  #expiry: Expiry | undefined
  /** Until it was asked. */
  #admit: (() => Refusal | undefined) | undefined
  /** Why it may not open, once that was asked. */
  #refusal: Refusal | undefined
  /** Which wish for a channel was the last; only where some take time. */
  #wishes: Wishes | undefined
  readonly #arrival: number
  /** The slice of the heartbeat that serves it. */
  #slice = 0

  constructor(host: StreamHost, transport: Transport, options: StreamOptions = {}) {
    const { key, lastEventId, retry = 2_000, stall = 30_000, maxUnread = 1_048_576 } = options
    this.#key = key
    this.lastEventId = lastEventId || undefined
    this.shared = options.shared ?? false
    this.maxChannels = options.maxChannels ?? 64
    this.#host = host
    this.#transport = transport
    this.#retry = retry
    this.#asked = options.asked
    this.#wishes = options.asked && new Wishes()
    this.#admit = options.admit
    this.#arrival = options.arrival ?? host.arrival()
    this.#outlet = new Outlet(transport, { stall, maxUnread }, this)
    transport.onDrain = () => this.#drained()
    transport.onError = (error) => this.failed(error)
    transport.onClose = (end = 'client') => {
      this.#finish(end)
      this.#outlet.end()
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
    return this.#subscription?.channels ?? noChannels
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

  get heartbeat(): number {
    return this.#host.heartbeat.interval
  }

  send(data: unknown, options: SendOptions = {}): boolean {
    checkObject('options', options)
    checkNames('', options, sendOptions)
    const { event, id, retry } = options
    const text = encode({ event, id, retry, data })
    if (id !== undefined && this.#subscription) {
      throw new SseError(
        'id-on-subscribed-stream',
        `The id ${show(id)} would be taken for a position in the log: send without an id, or use hub.publish.`,
        { value: id },
      )
    }
    return this.#sendNow(frame(text))
  }

  from(source: Source, options: FromOptions = {}): Promise<void> {
    return Observed.from(this.#sendAll(source, options), (error) => this.#host.report(error))
  }

  comment(text?: string): boolean {
    return this.#sendNow(frame(encodeComment(text)))
  }

  subscribe(channels: string | readonly string[], options: SubscribeOptions = {}): this {
    const names = toChannels(channels, { orNone: true, byApp: true })
    const { feed } = this.#host
    if (!feed) {
      throw new SseError('no-hub', 'Channels need a hub: app.use(sse({ hub: createHub() })).', {
        value: channels,
      })
    }
    checkObject('options', options)
    checkNames('', options, subscribeOptions)
    const { expires, since } = options
    checkSince(since)
    if (expires !== undefined) this.#expireAt(expires)
    if (this.closed) return this
    const first = !this.#subscription
    this.#subscription ??= new Subscription(feed, this)
    this.#subscription.add(names, since)
    this.#wishes?.take(names, this.#wishes.next())
    if (first) this.#transport.subscribed?.()
    if (first) this.#readAtEndOfTurn(this.#subscription)
    return this
  }

  unsubscribe(channels: string | readonly string[]): this {
    const names = toChannels(channels, { orNone: true })
    this.#subscription?.remove(names)
    this.#wishes?.take(names, this.#wishes.next())
    return this
  }

  wish(): number {
    this.#wishes ??= new Wishes()
    return this.#wishes.next()
  }

  change(change: ChannelsChange): void {
    if (this.closed) return
    const { turn, refused } = change
    const subscribe = this.#lastWished(change.subscribe, turn)
    const unsubscribe = this.#lastWished(change.unsubscribe, turn)
    this.#subscription?.change({ turn, subscribe, unsubscribe, refused })
  }

  close(options: CloseOptions = {}): void {
    checkObject('options', options)
    checkNames('', options, ['reconnect'])
    const { reconnect } = options
    if (reconnect !== undefined && reconnect !== false) checkRetry(reconnect)
    this.closeFor('closed', reconnect)
  }

  closeFor(
    reason: StreamEnd,
    reconnect?: false | number,
    options: { lastOfConnection?: boolean } = {},
  ): void {
    if (this.closed) return
    const isRevoked = reason === 'disconnected' || reason === 'expired'
    if (this.#state !== 'open' && reconnect === false) this.#refuse(nothingHere, reason)
    else if (isRevoked && !this.#begun) this.#refuse(this.#revoked(reason, reconnect), reason)
    // What waits in its buffer would still be delivered.
    else if (reason === 'disconnected' && this.#outlet.full) this.#cut(reason)
    else this.#endWith(reason, reconnect, options)
  }

  #endWith(
    reason: StreamEnd,
    reconnect: false | number | undefined,
    options: { lastOfConnection?: boolean },
  ): void {
    this.#openNow()
    if (this.closed) return
    if (reconnect !== undefined) this.write([closeFrame(reconnect, reason)])
    if (this.closed) return
    this.#finish(reason)
    try {
      this.#transport.end(options)
      this.#outlet.linger(options.lastOfConnection ? shutdownGrace : undefined)
    } catch (error) {
      this.failed(error)
    }
  }

  /** Whether anything of the response is on its way. */
  get #begun(): boolean {
    return this.#state === 'open' && (this.#transport.begun ?? true)
  }

  /** What a client is answered whose stream was revoked before anything of it was on its way. */
  #revoked(reason: StreamEnd, reconnect: false | number | undefined): Refusal {
    if (reason === 'expired') return expired
    if (reconnect === false) return nothingHere
    return {
      status: 503,
      detail: 'The access of this client has changed.',
      retry: reconnect ?? this.#drawRetry(),
    }
  }

  /** Subscriber: what the log has. */
  get out(): Out {
    return this.#outlet
  }

  /** Subscriber: what goes with what the log has. */
  write(frames: readonly Frame[]): boolean {
    return !this.closed && this.#outlet.write(frames)
  }

  /** Subscriber: what goes ahead of the log. */
  writeBeside(frames: readonly Frame[]): boolean {
    if (this.closed || this.write(frames)) return !this.closed
    this.#subscription?.pause()
    return false
  }

  /** Subscriber: something is missing, and the client was told. */
  missed(gap: { readonly reason: GapReason; readonly requested: string }): void {
    this.#host.missed(this, gap)
  }

  /** Subscriber: everything up to the head was written. */
  caughtUp(): void {
    const position = this.#transport.caughtUp && this.#subscription?.position
    if (position !== undefined) this.#transport.caughtUp?.(position)
  }

  /** Subscriber: the broker did not start, or does not answer. A client that waits for a document is told to come back; a stream waits. */
  unreadable({ lasting }: { lasting: boolean }): void {
    if (this.closed) return
    if (this.#transport.unreadable) this.#transport.unreadable()
    else if (lasting) this.closeFor('unopened', this.#drawRetry())
  }

  /** OutletOwner: what was sent is not taken. */
  overflowed(): void {
    this.#cut('overflow')
  }

  /** OutletOwner: the client takes nothing any more. */
  stalled(): void {
    this.#cut('stalled')
  }

  /** OutletOwner: nothing more can be written. */
  failed(error: unknown): void {
    this.#host.report(error)
    this.#cut('client')
  }

  /** Pulse: once every heartbeat. Who stands at the head is told where that is, everyone else that the line is alive. */
  beat(): void {
    // The timer of the expiry does not see that the clock was set, or that the machine slept.
    if (this.#expiry?.over) this.#expire()
    if (this.closed || this.#outlet.full) return
    const ping = this.#subscription?.ping()
    if (!this.#outlet.full) this.writeBeside(ping ?? emptyComment)
  }

  /** A source that is always ready is sent in turns of so many items: a loop of promises alone would let nothing else happen. */
  async #sendAll(source: Source, options: FromOptions): Promise<void> {
    const open = openSource(source)
    try {
      checkObject('options', options)
      checkNames('', options, ['event'])
      this.#openNow()
    } catch (error) {
      open.cancel()
      throw error
    }
    let sent = 0
    for await (const item of itemsOf(open, this.signal)) {
      if (!this.send(item, options)) await this.#outlet.room()
      else if (++sent % itemsPerTurn === 0) await endOfTurn()
    }
  }

  #sendNow(message: Frame): boolean {
    this.#openNow()
    return this.writeBeside([message])
  }

  /** What is sent does not wait for the end of the turn. */
  #openNow(): void {
    if (this.#state === 'idle' || this.#state === 'opening') this.#open()
  }

  /** Two ends, because Express hands an error of the handler to its last resort at the end of a turn too. */
  #readAtEndOfTurn(subscription: Subscription): void {
    this.#begin()
    if (this.#state === 'open' && !this.#asked) subscription.begin()
    else atEndOfTurn(() => atEndOfTurn(() => void this.#judgeAndRead(subscription)))
  }

  /** Nothing is replayed before it is known what the client may read. */
  async #judgeAndRead(subscription: Subscription): Promise<void> {
    try {
      if (this.#asked && !this.closed && !this.#refusal) {
        checkAsked(this.#asked, this.shared ? Number.POSITIVE_INFINITY : this.maxChannels)
        const turn = this.wish()
        const { granted, refused } = await judge(this.#asked, {
          abandoned: () => this.closed,
          maxChannels: this.maxChannels,
        })
        if (this.closed) return
        subscription.grant({ granted: this.#lastWished(granted, turn), refused })
        this.#asked = undefined
      }
      if (this.#state === 'opening' && this.#transport.closed) this.#finish('unopened')
      else if (this.#state === 'opening') this.#openUnattended()
      else if (this.#state === 'open') subscription.begin()
    } catch (error) {
      this.#turnAway(error)
    }
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

  /** A client that asks for nonsense is told so; when the server fails the client shall come back. */
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

  /**
   * It begins to open: the limits count it, and a `disconnect` ends it. Who may not come in is answered when it would open, because until then
   * status and headers are the app's.
   */
  #begin(): void {
    if (this.#state !== 'idle') return
    this.#refusal = this.#host.refusal() ?? this.#admit?.() ?? this.#revocation()
    this.#admit = undefined
    this.#state = 'opening'
    this.#host.expected(this)
  }

  #revocation(): Refusal | undefined {
    if (typeof this.#key === 'function') this.#key = this.#key()
    const revocation = this.#key === undefined ? undefined : this.#host.revocation(this.#key, this.#arrival)
    return revocation && this.#revoked('disconnected', revocation.reconnect)
  }

  #open(): void {
    this.#begin()
    const refusal = this.#expiry?.over ? expired : (this.#host.refusal() ?? this.#refusal)
    if (refusal) {
      this.#refuse(refusal)
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
    this.#host.joined(this)
    // The app may have ended it when it was told that it is open.
    if (this.closed) return
    this.write([frame(`:\nretry: ${this.#drawRetry()}\n\n`)])
    if (!this.#asked) this.#subscription?.begin()
  }

  /** Opens outside of a call of the app's: if that fails nobody else would answer, unless somebody else already has. */
  #openUnattended(): void {
    try {
      this.#open()
    } catch (error) {
      if (error instanceof SseError && error.code === 'headers-sent') this.#host.report(error)
      else this.failed(error)
    }
  }

  #refuse(refusal: Refusal, reason: StreamEnd = 'refused'): void {
    this.#finish(reason)
    if (reason === 'refused') this.#host.refused(this, refusal)
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

  /** The client comes back soon, to be judged again, but not so soon that it would flood a server that is away. */
  #expire(): void {
    this.closeFor('expired', drawBetween(comeBackExpired, this.#host.random))
  }

  #lastWished(channels: readonly string[], turn: number): readonly string[] {
    return this.#wishes?.take(channels, turn) ?? channels
  }

  #drawRetry(): number {
    const retry = this.#retry
    return drawBetween(typeof retry === 'number' ? [retry * 0.5, retry * 1.5] : retry, this.#host.random)
  }

  #drained(): void {
    this.#outlet.drained()
    this.#subscription?.readOn()
  }

  #cut(reason: StreamEnd): void {
    this.#finish(reason)
    try {
      this.#transport.destroy()
    } catch (error) {
      this.#host.report(error)
    }
  }

  #finish(reason: StreamEnd): void {
    if (this.closed) return
    const before = this.#state
    this.#state = 'closed'
    this.#end = reason
    this.#expiry?.clear()
    this.#subscription?.end()
    if (before === 'open') {
      this.#host.heartbeat.remove(this, this.#slice)
      this.#host.left(this, reason)
    } else if (before === 'opening') this.#host.dropped(this)
    this.#abort?.abort(reasonOf(reason))
    this.#outlet.end()
  }
}

/** Whether it stands in the log, only the broker can say. @throws {SseError} `invalid-cursor` */
function checkSince(since: unknown): void {
  if (since === undefined || typeof since === 'string') return
  throw new SseError('invalid-cursor', `since must be a hub.position, not ${show(since)}.`, { value: since })
}

/** Milliseconds that a client which is behind has left when the server shuts down: what is in the log it finds again. */
const shutdownGrace = 1_000

/** The heartbeat of a stream that does not stand at the head of a log. */
const emptyComment: readonly Frame[] = [frame(':\n\n')]

const expired: Refusal = { status: 401, detail: 'The credentials of this request have run out.' }
const nothingHere: Refusal = { status: 204, detail: 'There is nothing for this client.' }

/** Between which times, in milliseconds, a client comes back whose credentials have run out. */
const comeBackExpired = [250, 750] as const

/** Items of a source that are sent in one turn of the event loop. */
const itemsPerTurn = 64

/** So that `fetch(url, { signal })` fails with a real error, and `AbortError` checks hold. */
function reasonOf(end: StreamEnd | undefined): SseError {
  return new SseError(end ?? 'closed', `The stream has ended: ${end}.`, { name: 'AbortError' })
}
