import { types } from 'node:util'
import { checkObject } from '../check.ts'
import { drawBetween } from '../draw-between.ts'
import { atEndOfTurn } from '../end-of-turn.ts'
import { SseError, show } from '../errors.ts'
import type { GapReason } from '../log/broker.ts'
import { toChannels } from '../log/channel.ts'
import type { Out } from '../log/reader.ts'
import { Observed } from '../observed.ts'
import { closeFrame } from '../wire/control.ts'
import { checkRetry, encode, encodeComment } from '../wire/encode.ts'
import { type Frame, frame } from '../wire/frame.ts'
import { type AskedChannels, checkAsked, judge } from './asked-channels.ts'
import { Expiry } from './expiry.ts'
import type { Pulse } from './heartbeat.ts'
import { Outlet, type OutletOwner } from './outlet.ts'
import type { Refusal } from './refusal.ts'
import { itemsOf, type Source } from './source.ts'
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
import { type Subscriber, Subscription } from './subscription.ts'
import type { Transport } from './transport.ts'

const noChannels: ReadonlySet<string> = new Set()

/** One open response: its beginning and its end, what is sent beside the log, and a subscription for what comes from the log. */
export class Stream implements HostedStream, Subscriber, Pulse, OutletOwner {
  readonly key: string | undefined
  readonly lastEventId: string | undefined
  readonly shared: boolean
  readonly maxChannels: number
  readonly #host: StreamHost
  readonly #transport: Transport
  readonly #outlet: Outlet
  readonly #retry: number | readonly [min: number, max: number]
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
  /** The slice of the heartbeat that serves it. */
  #slice = 0

  constructor(host: StreamHost, transport: Transport, options: StreamOptions = {}) {
    const { key, lastEventId, retry = 2_000, stall = 30_000, maxUnread = 1_048_576 } = options
    this.key = key
    this.lastEventId = lastEventId || undefined
    this.shared = options.shared ?? false
    this.maxChannels = options.maxChannels ?? 64
    this.#host = host
    this.#transport = transport
    this.#retry = retry
    this.#asked = options.asked
    this.#admit = options.admit
    this.#outlet = new Outlet(transport, { stall, maxUnread }, this)
    transport.onDrain = () => this.#drained()
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

  get channels(): ReadonlySet<string> {
    return this.#subscription?.channels ?? noChannels
  }

  get closed(): boolean {
    return this.#state === 'closed'
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      if (this.closed) this.#abort.abort(this.#end)
    }
    return this.#abort.signal
  }

  get heartbeat(): number {
    return this.#host.heartbeat.interval
  }

  send(data: unknown, options: SendOptions = {}): boolean {
    checkObject('options', options)
    const { event, id, retry } = options
    const text = encode({ event, id, retry, data })
    if (id !== undefined && this.#subscription) {
      throw new SseError(
        'id-on-subscribed-stream',
        `The id ${show(id)} would be taken for a position in the log: send without an id, or publish.`,
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
    const names = toChannels(channels, { orNone: true })
    const { feed } = this.#host
    if (!feed) {
      throw new SseError('no-hub', 'Channels need a hub: app.use(sse({ hub: createHub() })).', {
        value: channels,
      })
    }
    checkObject('options', options)
    const { expires, since } = options
    checkSince(since)
    if (expires !== undefined) this.#expireAt(expires)
    if (this.closed) return this
    const first = !this.#subscription
    this.#subscription ??= new Subscription(feed, this)
    this.#subscription.add(names, since)
    if (first) this.#readAtEndOfTurn(this.#subscription)
    return this
  }

  unsubscribe(channels: string | readonly string[]): this {
    this.#subscription?.remove(toChannels(channels, { orNone: true }))
    return this
  }

  change(change: ChannelsChange): void {
    if (!this.closed) this.#subscription?.change(change)
  }

  close(options: CloseOptions = {}): void {
    checkObject('options', options)
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
    if (this.#state !== 'open' && reconnect === false) {
      this.#refuse({ status: 204, detail: 'There is nothing for this client.' }, reason)
      return
    }
    this.#openNow()
    if (this.closed) return
    if (reconnect !== undefined) this.write([closeFrame(reconnect, reason)])
    if (this.closed) return
    this.#finish(reason)
    this.#transport.end(options)
    this.#outlet.linger(options.lastOfConnection ? shutdownGrace : undefined)
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
    if (this.#outlet.overflowing) this.#cut('overflow')
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

  /** Subscriber: the broker did not start. */
  unreadable(): void {
    this.closeFor('unopened')
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
    if (this.#outlet.full) return
    const ping = this.#subscription?.ping()
    if (!this.#outlet.full) this.writeBeside(ping ?? emptyComment)
  }

  async #sendAll(source: Source, options: FromOptions): Promise<void> {
    this.#openNow()
    for await (const item of itemsOf(source, this.signal)) {
      if (!this.send(item, options)) await this.#outlet.room()
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
    if (this.#state === 'idle') this.#state = 'opening'
    if (this.#state === 'open' && !this.#asked) subscription.begin()
    else atEndOfTurn(() => atEndOfTurn(() => void this.#judgeAndRead(subscription)))
  }

  /** Nothing is replayed before it is known what the client may read. */
  async #judgeAndRead(subscription: Subscription): Promise<void> {
    try {
      if (this.#asked && !this.closed) {
        checkAsked(this.#asked, this.shared ? Number.POSITIVE_INFINITY : this.maxChannels)
        subscription.grant(await judge(this.#asked, this.maxChannels))
        this.#asked = undefined
      }
      if (this.#state === 'opening' && this.#transport.closed) this.#finish('unopened')
      else if (this.#state === 'opening') this.#open()
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

  #open(): void {
    const refusal = this.#expiry?.over ? expired : (this.#host.refusal() ?? this.#admit?.())
    this.#admit = undefined
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
    this.#host.joined(this)
    this.#slice = this.#host.heartbeat.add(this)
    this.write([frame(`:\nretry: ${this.#drawRetry()}\n\n`)])
    if (!this.#asked) this.#subscription?.begin()
  }

  #refuse(refusal: Refusal, reason: StreamEnd = 'refused'): void {
    this.#finish(reason)
    if (reason === 'refused') this.#host.refused(this, refusal)
    this.#transport.refuse(refusal)
  }

  #expireAt(expires: Date): void {
    if (!types.isDate(expires) || Number.isNaN(expires.getTime())) {
      throw new SseError('invalid-option', `expires is a Date, not ${show(expires)}.`, { value: expires })
    }
    if (this.closed) return
    this.#expiry ??= new Expiry(this.#host.now, () => this.closeFor('expired', 0))
    this.#expiry.notAfter(expires)
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
    this.#transport.destroy()
  }

  #finish(reason: StreamEnd): void {
    if (this.closed) return
    const wasOpen = this.#state === 'open'
    this.#state = 'closed'
    this.#end = reason
    this.#expiry?.clear()
    this.#subscription?.end()
    if (wasOpen) {
      this.#host.heartbeat.remove(this, this.#slice)
      this.#host.left(this, reason)
    }
    this.#abort?.abort(reason)
    this.#outlet.end()
  }
}

/** Whether it stands in the log, only the broker can say. @throws {SseError} `invalid-cursor` */
function checkSince(since: unknown): void {
  if (since === undefined || typeof since === 'string') return
  throw new SseError('invalid-cursor', `since is a hub.position, not ${show(since)}.`, { value: since })
}

/** Milliseconds that a client which is behind has left when the server shuts down: what is in the log it finds again. */
const shutdownGrace = 1_000

/** The heartbeat of a stream that does not stand at the head of a log. */
const emptyComment: readonly Frame[] = [frame(':\n\n')]

const expired: Refusal = { status: 401, detail: 'The credentials of this request have run out.' }
