import { SseError } from '../errors.ts'
import type { GapReason } from '../log/broker.ts'
import { isCursor } from '../log/cursor.ts'
import type { Feed } from '../log/feed.ts'
import { type Out, Reader, type Sink } from '../log/reader.ts'
import { channelsFrame, gapFrame, openFrame } from '../wire/control.ts'
import type { Frame } from '../wire/frame.ts'
import type { Verdict } from './asked-channels.ts'
import type { ChannelsChange } from './sse-stream.ts'

/** The stream that a subscription serves. */
export interface Subscriber {
  readonly id: string
  readonly key: string | undefined
  readonly lastEventId: string | undefined
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
    this.#checkRoomFor(names)
    this.#reader?.catchUp()
    if (!this.#reader) this.#since ??= since
    for (const name of names) {
      this.channels.add(name)
      if (this.#reader) this.#feed.fanOut.add(name, this.#reader)
    }
  }

  remove(names: readonly string[]): void {
    this.#reader?.catchUp()
    for (const name of names) {
      if (this.channels.delete(name) && this.#reader) this.#feed.fanOut.remove(name, this.#reader)
    }
  }

  /** The channels that the client asked for when it connected join those of the app, as far as there is room. */
  grant({ granted, refused }: Verdict): void {
    const { maxChannels } = this.#stream
    const excess: string[] = []
    for (const name of granted) {
      if (this.channels.size < maxChannels || this.channels.has(name)) this.channels.add(name)
      else excess.push(name)
    }
    this.#refused = [...refused, ...excess]
  }

  /** A change that the client asked for; confirmed by `sse.channels`. */
  change({ subscribe, unsubscribe, refused }: ChannelsChange): void {
    const removed = unsubscribe.filter((name) => !subscribe.includes(name))
    this.#checkRoomFor(subscribe, removed)
    this.remove(removed)
    this.add(subscribe)
    this.#refused = [...(this.#refused ?? []), ...refused]
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
  }

  /** Sink: the broker did not answer. */
  unreadable(): void {
    this.#stream.unreadable({ lasting: false })
  }

  /** What tells the client of the channels that it asked for, if it has not been told. */
  #confirmation(position: string | undefined): Frame[] {
    const refused = this.#refused
    this.#refused = undefined
    return refused ? [channelsFrame({ channels: [...this.channels], refused }, position)] : []
  }

  #checkRoomFor(names: readonly string[], leaving: readonly string[] = []): void {
    const { maxChannels } = this.#stream
    const wanted = new Set([...this.channels].filter((name) => !leaving.includes(name)).concat(names)).size
    if (wanted <= maxChannels) return
    throw new SseError(
      'too-many-channels',
      `The stream would be on ${wanted} channels, ${maxChannels} are allowed: raise limits.channels, or publish to fewer.`,
      { value: names },
    )
  }
}
