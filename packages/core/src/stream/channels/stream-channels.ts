import type { Feed } from '../../delivery/delivery.ts'
import { type Out, Reader, type Sink } from '../../delivery/reader.ts'
import { SseError } from '../../errors.ts'
import type { GapReason } from '../../log/broker.ts'
import { isCursor } from '../../log/cursor.ts'
import { channelsFrame, gapFrame, openFrame, pingFrame } from '../../wire/control.ts'
import type { Frame } from '../../wire/frame.ts'
import type { ChannelsChange } from '../sse-stream.ts'
import type { Verdict } from './asked-channels.ts'

/** The stream that a subscription serves. */
export interface Subscriber {
  readonly id: string
  readonly key: string | undefined
  readonly lastEventId: string | undefined
  /** Whether several tabs share it: they are told of each event on which of their channels it is. */
  readonly shared: boolean
  readonly closed: boolean
  /** Where what the log has is written. */
  readonly out: Out
  /** What `sse.open` announces, in milliseconds. */
  readonly heartbeat: number
  /** The most channels that it may be on. */
  readonly maxChannels: number
  /** Takes the frames in any case; `false` when the transport is full. */
  write(frames: readonly Frame[]): boolean
  /** As `write`, for what goes ahead of the log. */
  writeBeside(frames: readonly Frame[]): boolean
  missed(gap: { readonly reason: GapReason; readonly requested: string }): void
  caughtUp(): void
  /** The broker does not answer; `lasting`: nor has it started in time. */
  unreadable(outage: { lasting: boolean }): void
}

/** What ties a stream to the log: its channels, where it begins, and the reader that moves it forward. */
export class Subscription implements Sink {
  readonly channels = new Set<string>()
  /** Of a shared stream: the channels that only its client asked for. */
  readonly labels: Set<string> | undefined
  readonly #feed: Feed
  readonly #stream: Subscriber
  #reader: Reader | undefined
  /** Where to begin when the client brings no cursor: what the app said, else the head when it first subscribed. */
  #since: string | undefined
  #head: string | undefined
  /** Channels that the client asked for and did not get, until they are told. */
  #refused: readonly string[] | undefined
  #opened = false

  constructor(feed: Feed, stream: Subscriber) {
    this.#feed = feed
    this.#stream = stream
    this.#head = feed.log?.window.headId
    this.labels = stream.shared ? new Set() : undefined
  }

  get key(): string | undefined {
    return this.#stream.key
  }

  get out(): Out {
    return this.#stream.out
  }

  /** Where the stream stands in the log; `undefined` before that is known. */
  get position(): string | undefined {
    return this.#opened ? this.#reader?.position : undefined
  }

  /** Adds channels: before it begins they share the cursor, later they join where the stream stands and nothing of them is replayed. */
  add(names: readonly string[], since?: string): void {
    if (!this.#reader) this.#since ??= since
    this.#join(names, false)
  }

  #join(names: readonly string[], asked: boolean): void {
    this.#checkRoomFor(names)
    this.#reader?.catchUp()
    for (const name of names) {
      if (!asked) this.labels?.delete(name)
      else if (!this.channels.has(name)) this.labels?.add(name)
      this.channels.add(name)
      if (this.#reader) this.#feed.fanOut.add(name, this.#reader)
    }
  }

  remove(names: readonly string[]): void {
    this.#reader?.catchUp()
    for (const name of names) {
      if (this.channels.delete(name) && this.#reader) this.#feed.fanOut.remove(name, this.#reader)
      this.labels?.delete(name)
    }
  }

  /** The channels that the client asked for when it connected join those of the app, as far as there is room. */
  grant({ granted, refused }: Verdict): void {
    const { room, excess } = this.#fit(granted)
    this.#join(room, true)
    this.#refused = [...refused, ...excess]
  }

  /** A change that the client asked for; confirmed by `sse.channels`. A tab cannot take the other tabs off the app's own channels. */
  change({ subscribe, unsubscribe, refused }: ChannelsChange): void {
    const { labels } = this
    const removed = unsubscribe.filter((name) => !subscribe.includes(name) && (labels?.has(name) ?? true))
    if (!labels) this.#checkRoomFor(subscribe, removed)
    this.remove(removed)
    // What one tab asks for must not cost the others their stream: it is refused what there is no room for.
    const { room, excess } = labels ? this.#fit(subscribe) : { room: subscribe, excess: [] }
    this.#join(room, true)
    this.#refused = [...(this.#refused ?? []), ...refused, ...excess]
    if (this.#opened) this.#stream.writeBeside(this.#confirmation(this.position))
  }

  /** Begins to read, once the broker has started. */
  begin(): void {
    const { log } = this.#feed
    if (this.#reader || this.#stream.closed) return
    if (!log) {
      this.#feed.ready.then(
        () => this.begin(),
        () => this.#stream.unreadable({ lasting: true }),
      )
      return
    }
    const head = this.#head ?? log.window.headId
    const cursor = this.#stream.lastEventId ?? this.#since ?? head
    const known = isCursor(cursor)
    this.#reader = new Reader(log, this, known ? cursor : head)
    this.#feed.add(this.#reader)
    this.#reader.begin(known ? undefined : cursor)
  }

  /** There is room again. */
  readOn(): void {
    this.#reader?.readOn()
  }

  /** The transport is full. */
  pause(): void {
    this.#reader?.pause()
  }

  /** The heartbeat for a stream that stands at the head of the log. One that does not tries to go on: its broker may have failed it. */
  ping(): readonly Frame[] | undefined {
    if (this.#reader?.live) return this.#feed.ping()
    this.#reader?.readOn()
    return undefined
  }

  end(): void {
    if (!this.#reader) return
    this.#feed.remove(this.#reader)
    this.#reader.end()
  }

  /** Sink: the position is known. */
  opened({ id, resumed }: { id: string | undefined; resumed: boolean }): void {
    const { id: stream, heartbeat, lastEventId } = this.#stream
    const cursorCame = lastEventId !== undefined || this.#since !== undefined
    const open = openFrame({ stream, heartbeat, resumed: cursorCame ? resumed : null }, id)
    this.#opened = true
    this.#stream.write([open, ...this.#confirmation(id)])
  }

  /** Sink: something is missing. */
  gap(reason: GapReason, requested: string, resumeAt: string): void {
    this.#stream.write([gapFrame(reason, requested, resumeAt)])
    this.#stream.missed({ reason, requested })
  }

  /** Sink: all there is was written. */
  caughtUp(): void {
    this.#stream.caughtUp()
    const { position } = this
    if (this.labels && position !== undefined) this.#stream.writeBeside([pingFrame(position)])
  }

  /** Sink: the broker did not answer. */
  unreadable(): void {
    this.#stream.unreadable({ lasting: false })
  }

  /** What tells the client of the channels that it asked for, if it has not been told. */
  #confirmation(position: string | undefined): Frame[] {
    const refused = this.#refused
    this.#refused = undefined
    if (!refused) return []
    const asked = this.labels && [...this.labels]
    return [channelsFrame({ channels: [...this.channels], refused, ...(asked && { asked }) }, position)]
  }

  /** What the stream has room for, in the order in which it was asked for. */
  #fit(names: readonly string[]): { room: string[]; excess: string[] } {
    let free = this.#stream.maxChannels - this.channels.size
    const room: string[] = []
    const excess: string[] = []
    for (const name of names) (this.channels.has(name) || free-- > 0 ? room : excess).push(name)
    return { room, excess }
  }

  #checkRoomFor(names: readonly string[], leaving: readonly string[] = []): void {
    const { maxChannels } = this.#stream
    const wanted = new Set([...this.channels].filter((name) => !leaving.includes(name)).concat(names)).size
    if (wanted <= maxChannels) return
    throw new SseError(
      'too-many-channels',
      `The stream would be on ${wanted} channels, and ${maxChannels} are allowed: raise limits.channels, or publish to fewer.`,
      { value: names },
    )
  }
}
