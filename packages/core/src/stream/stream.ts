import { randomBytes } from 'node:crypto'
import { atEndOfTurn } from '../end-of-turn.ts'
import { SseError, show } from '../errors.ts'
import type { GapReason } from '../log/broker.ts'
import { toChannels } from '../log/channel.ts'
import { isCursor } from '../log/cursor.ts'
import type { Feed } from '../log/feed.ts'
import { Reader, type Sink } from '../log/reader.ts'
import { Observed } from '../observed.ts'
import { closeFrame, gapFrame, openFrame } from '../wire/control.ts'
import { checkRetry, encode, encodeComment } from '../wire/encode.ts'
import { type Frame, frame } from '../wire/frame.ts'
import { Expiry } from './expiry.ts'
import type { Pulse } from './heartbeat.ts'
import { Outlet } from './outlet.ts'
import { itemsOf, type Source } from './source.ts'
import type {
  CloseOptions,
  FromOptions,
  SendOptions,
  StreamEnd,
  StreamOptions,
  SubscribeOptions,
} from './sse-stream.ts'
import type { HostedStream, StreamHost } from './stream-host.ts'
import type { Transport } from './transport.ts'

/** One open response: the frame around it, what is sent beside the log, and a reader for what comes from the log. */
export class Stream implements HostedStream, Sink, Pulse {
  readonly #host: StreamHost
  readonly #transport: Transport
  readonly #outlet: Outlet
  readonly #options: StreamOptions
  readonly #channels = new Set<string>()
  #id: string | undefined
  #state: 'idle' | 'opening' | 'open' | 'closed' = 'idle'
  #end: StreamEnd | undefined
  #abort: AbortController | undefined
  #reader: Reader | undefined
  /** Where to begin when the client brings no cursor: what the app said, else the head when it first subscribed. */
  #since: string | undefined
  #head: string | undefined
  #expiry: Expiry | undefined
  #stopBeating: (() => void) | undefined

  constructor(host: StreamHost, transport: Transport, options: StreamOptions = {}) {
    const { stall = 30_000, maxUnread = 1_048_576 } = options
    this.#host = host
    this.#transport = transport
    this.#options = options
    this.#outlet = new Outlet(transport, { stall, maxUnread }, host.now)
    transport.onDrain = () => this.#drained()
    transport.onClose = () => this.#finish('client')
    if (transport.closed) this.#finish('client')
  }

  get id(): string {
    this.#id ??= randomBytes(16).toString('base64url')
    return this.#id
  }

  get key(): string | undefined {
    return this.#options.key
  }

  get lastEventId(): string | undefined {
    return this.#options.lastEventId || undefined
  }

  get channels(): ReadonlySet<string> {
    return this.#channels
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

  send(data: unknown, options: SendOptions = {}): boolean {
    const text = encode({ ...options, data })
    if (options.id !== undefined && this.#channels.size > 0) {
      throw new SseError(
        'id-on-subscribed-stream',
        `The id ${show(options.id)} would be taken for a position in the log: send without an id, or publish.`,
        { value: options.id },
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
    const names = toChannels(channels)
    const { feed } = this.#host
    if (!feed) {
      throw new SseError('no-hub', 'Channels need a hub: app.use(sse({ hub: createHub() })).', {
        value: channels,
      })
    }
    if (options.expires !== undefined) this.#expireAt(options.expires)
    if (this.closed) return this
    if (this.#state === 'open') this.#join(feed, names)
    else {
      for (const name of names) this.#channels.add(name)
      this.#since ??= options.since
      this.#head ??= feed.log?.window.headId
      this.#openAtEndOfTurn()
    }
    return this
  }

  unsubscribe(channels: string | readonly string[]): this {
    const names = toChannels(channels)
    this.#reader?.catchUp()
    for (const name of names) {
      if (this.#channels.delete(name) && this.#reader) this.#host.feed?.fanOut.remove(name, this.#reader)
    }
    return this
  }

  close({ reconnect }: CloseOptions = {}): void {
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
      this.#finish(reason)
      this.#transport.refuse()
      return
    }
    if (this.#state !== 'open') this.#open()
    if (reconnect !== undefined) this.write([closeFrame(reconnect, reason)])
    if (this.closed) return
    const { full } = this.#outlet
    this.#finish(reason)
    // A client that takes nothing would hold the response, and all that waits in it, for as long as it likes.
    if (full) this.#transport.destroy()
    else this.#transport.end(options)
  }

  /** Sink: what the reader hands over. */
  write(frames: readonly Frame[]): boolean {
    if (this.closed) return false
    try {
      return this.#outlet.write(frames)
    } catch (error) {
      this.#host.report(error)
      this.#cut('client')
      return false
    }
  }

  /** Sink: the position is known. */
  opened({ id, resumed }: { id: string | undefined; resumed: boolean }): void {
    const cursorCame = this.lastEventId !== undefined || this.#since !== undefined
    const heartbeat = this.#host.heartbeat.interval
    this.write([openFrame({ stream: this.id, heartbeat, resumed: cursorCame ? resumed : null }, id)])
  }

  /** Sink: something is missing. */
  gap(reason: GapReason, requested: string, resumeAt: string): void {
    this.#host.gap()
    this.write([gapFrame(reason, requested, resumeAt)])
  }

  /** Pulse: once every heartbeat. Who stands at the head is told where that is, everyone else that the line is alive. */
  beat(): void {
    if (this.#outlet.full) {
      if (this.#outlet.stalled()) this.#cut('stalled')
      return
    }
    const ping = this.#reader?.live ? this.#host.feed?.ping() : undefined
    if (!this.#outlet.full) this.#writeBeside([ping ?? emptyComment])
  }

  async #sendAll(source: Source, options: FromOptions): Promise<void> {
    if (this.#state === 'idle' || this.#state === 'opening') this.#open()
    for await (const item of itemsOf(source, this.signal)) {
      if (!this.send(item, options)) await this.#outlet.room()
    }
  }

  #sendNow(message: Frame): boolean {
    if (this.#state === 'idle' || this.#state === 'opening') this.#open()
    return this.#writeBeside([message])
  }

  /** Goes ahead of what the log still has for this stream. */
  #writeBeside(frames: readonly Frame[]): boolean {
    if (this.closed || this.write(frames)) return !this.closed
    this.#reader?.pause()
    if (this.#outlet.overflowing) this.#cut('overflow')
    return false
  }

  /** Two ends, because Express hands an error of the handler to its last resort at the end of a turn too. */
  #openAtEndOfTurn(): void {
    if (this.#state !== 'idle') return
    this.#state = 'opening'
    atEndOfTurn(() => atEndOfTurn(() => this.#openIfStillWanted()))
  }

  #openIfStillWanted(): void {
    if (this.#state !== 'opening') return
    try {
      if (this.#transport.closed) this.#finish('unopened')
      else this.#open()
    } catch (error) {
      this.#host.report(error)
    }
  }

  #open(): void {
    try {
      this.#transport.open()
    } catch (error) {
      this.#finish('unopened')
      throw error
    }
    this.#state = 'open'
    this.#host.joined(this)
    this.#stopBeating = this.#host.heartbeat.add(this)
    this.write([frame(`:\nretry: ${this.#drawRetry()}\n\n`)])
    if (this.#channels.size > 0 && this.#host.feed) this.#startReading(this.#host.feed)
  }

  #startReading(feed: Feed): void {
    if (this.closed) return
    if (!feed.log) {
      feed.ready.then(
        () => this.#startReading(feed),
        () => this.closeFor('unopened'),
      )
      return
    }
    const head = this.#head ?? feed.log.window.headId
    const cursor = this.lastEventId ?? this.#since ?? head
    const known = isCursor(cursor)
    this.#reader = new Reader(feed.log, this, known ? cursor : head)
    feed.add(this.#reader)
    this.#reader.begin(known ? undefined : cursor)
  }

  /** On an open stream: joins where it stands, and replays nothing. */
  #join(feed: Feed, names: readonly string[]): void {
    this.#reader?.catchUp()
    for (const name of names) this.#channels.add(name)
    if (this.#reader) for (const name of names) feed.fanOut.add(name, this.#reader)
    else this.#startReading(feed)
  }

  #expireAt(expires: Date): void {
    if (!(expires instanceof Date) || Number.isNaN(expires.getTime())) {
      throw new SseError('invalid-option', `expires is a Date, not ${show(expires)}.`, { value: expires })
    }
    if (this.closed) return
    this.#expiry ??= new Expiry(this.#host.now, () => this.closeFor('expired', 0))
    this.#expiry.notAfter(expires)
  }

  #drawRetry(): number {
    const { retry = 2_000 } = this.#options
    const [min, max] = typeof retry === 'number' ? [retry * 0.5, retry * 1.5] : retry
    return Math.round(min + this.#host.random() * (max - min))
  }

  #drained(): void {
    this.#outlet.drained()
    this.#reader?.readOn()
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
    this.#stopBeating?.()
    if (this.#reader) {
      this.#host.feed?.remove(this.#reader)
      this.#reader.end()
    }
    if (wasOpen) this.#host.left(this, reason)
    this.#abort?.abort(reason)
    this.#outlet.drained()
  }
}

/** The heartbeat of a stream that does not stand at the head of a log. */
const emptyComment = frame(':\n\n')
