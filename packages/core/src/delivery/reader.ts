import type { GapReason } from '../log/broker.ts'
import type { Backpressure } from '../response/backpressure.ts'
import type { Transport } from '../response/transport.ts'
import { eventFrame, recordFrame, recordsFrame } from '../wire/control.ts'
import type { Frame } from '../wire/frame.ts'
import type { BacklogAnswer, BacklogRead } from './backlog/backlog.ts'
import type { BacklogPage, BacklogRecord } from './backlog/backlog-page.ts'
import type { Delivery } from './delivery.ts'

/** The stream that a reader serves, as the reader sees it. */
export interface Subscriber {
  readonly channels: ReadonlySet<string>
  /** The channels whose events are preceded by the names of their channels. `undefined`: the stream does not ask for that. */
  readonly labels: ReadonlySet<string> | undefined
  /** Whether the client is told the name of each record. */
  readonly named: boolean
  /** All streams of a key share one budget for what the broker reads. */
  readonly key: string | undefined
  readonly output: Backpressure
  /** The position is known. Nothing from the log was written before. */
  onOpen(cursor: { readonly id: string | undefined; readonly resumed: boolean }): void
  /** The log could not give everything after `requested`. Delivery goes on after `resumeAt`. */
  onGap(reason: GapReason, requested: string, resumeAt: string | undefined): void
  /** Everything up to the head was written. From now on the fan-out delivers. */
  onCaughtUp(): void
  /** The broker did not answer. The reader asks again when the broker may answer. */
  onUnreadable(): void
  /** Every channel of the stream has ended, and everything was written. */
  onEnded(): void
}

export interface ReaderStart {
  readonly fresh: boolean
  readonly unknown: string | undefined
  readonly lacks: (channel: string) => boolean
}

/** Bytes written to the transport before its answer is asked for again. */
const stride = 64 * 1024
/** Not a cursor of any broker: the gap that answers it resumes at the head. */
const noCursor = ''

/**
 * A position in the log, and the only code that moves a stream forward from it. Streams that open, return, fall behind or join late
 * all do the same: they read from the window by its channel index, and from the backlog where the window does not reach back, until
 * the transport is full or the head is reached. At the head a reader is live: the fan-out delivers to it.
 *
 * A live reader keeps no position of its own. It stands where the fan-out stands, or at `#floor` if it is ahead of that. So nothing
 * is written down for a stream whose channels are quiet.
 */
export class Reader {
  /*
   * A broadcast touches the first fields only, so they stand next to each other. With a thousand streams none of them is in the fastest
   * cache, and every additional cache line costs as much as all the work done with it.
   */
  #state: 'live' | 'behind' | 'fetching' | 'holding' | 'ended' = 'behind'
  /** The number up to which a live reader has everything, if it is ahead of the fan-out. */
  #floor = 0
  readonly #transport: Transport
  readonly #output: Backpressure
  readonly #delivery: Delivery
  readonly #subscriber: Subscriber
  /** The position while the reader is not live. */
  #cursor: string
  #opened = false
  /**
   * Whether the log forked behind what was written, and nothing was read since. The window may not know of the fork yet: what follows the
   * position there was written already. So only the broker is asked.
   */
  #forked = false
  /** The page that it waits for while it fetches. */
  #read: BacklogRead | undefined
  /** Channels whose records the client lacks: they are not read before it has them. With some, what is read are the others: `#others`. */
  #lacking: Set<string> | undefined
  #others: Set<string> | undefined
  /** Records on their way to the client, as frames, and how many of these were written. */
  #snapshot:
    | { readonly channels: readonly string[]; readonly frames: readonly Frame[]; written: number }
    | undefined
  /** Whether the client has no cursor, or one from before a gap, and must not be told another before it has the records. */
  #withoutId = false

  /** @param cursor the id of the last event that the client has */
  constructor(delivery: Delivery, subscriber: Subscriber, cursor: string) {
    this.#transport = subscriber.output.transport
    this.#output = subscriber.output
    this.#delivery = delivery
    this.#subscriber = subscriber
    this.#cursor = cursor
    delivery.add(this)
  }

  /** The channels that are read. */
  get channels(): ReadonlySet<string> {
    return this.#others ?? this.#subscriber.channels
  }

  get named(): boolean {
    return this.#subscriber.named
  }

  get labels(): ReadonlySet<string> | undefined {
    return this.#subscriber.labels
  }

  /** Whether the stream was told its position. */
  get opened(): boolean {
    return this.#opened
  }

  /** Whether it stands at the head, so that the fan-out delivers to it. */
  get live(): boolean {
    return this.#state === 'live'
  }

  /** The position that the client may be told; `undefined` as long as it lacks the records that belong to it. */
  get toldPosition(): string | undefined {
    return this.#withoutId ? undefined : this.position
  }

  /** The id of the last log entry that was passed: written, or on none of the channels. */
  get position(): string {
    if (this.#state !== 'live') return this.#cursor
    return this.#delivery.window.idAt(this.#livePosition)
  }

  get #livePosition(): number {
    return Math.max(this.#floor, this.#delivery.delivered)
  }

  /**
   * Tells the stream its position and starts to read.
   *
   * @param options `fresh`: whether the client has no cursor; `unknown`: what it sent instead of one; `lacks`: whether it lacks the records of a
   * channel, although it has a cursor
   */
  start({ fresh, unknown, lacks }: ReaderStart): void {
    this.#lack(fresh ? [...this.channels] : [...this.channels].filter(lacks))
    if (unknown !== undefined) {
      this.#open(false, undefined)
      this.#gap('unknown', unknown, this.#cursor)
    } else if (fresh && this.#lacking) {
      this.#open(true, undefined)
      this.#hold()
    }
    this.resume()
  }

  /** Goes on from the position as far as the transport takes it. */
  resume(): void {
    if (this.#state === 'holding') this.#hold()
    if (this.#state !== 'behind' || !this.#writeSnapshot()) return
    const position = this.#windowPosition
    if (position === undefined) this.#fetch()
    else this.#readWindow(position)
  }

  /** Called by the fan-out: `frames` hold everything on the reader's channels between two positions. */
  deliver(frames: readonly Frame[], from: number, to: number): void {
    if (this.#state !== 'live') return
    if (this.#floor > from) {
      this.flush()
      return
    }
    this.#floor = to
    if (this.#transport.write(frames)) return
    this.#output.becameFull()
    this.pause()
  }

  /** Writes to a live reader everything that came since it was last served. Needed before its channels change within a turn. */
  flush(): void {
    if (this.#state === 'live') this.#readWindow(this.#livePosition)
  }

  /** Whether the client waits for the records of a channel. */
  lacks(channel: string): boolean {
    return this.#lacking?.has(channel) ?? false
  }

  /** The stream is on more channels, or their labels have changed. `flush` was called before. */
  join(channels: readonly string[], added: readonly string[]): void {
    if (this.#ended) return
    this.#lack(added)
    for (const channel of channels) {
      if (this.lacks(channel)) continue
      this.#others?.add(channel)
      this.#delivery.fanOut.add(channel, this)
    }
    if (this.#lacking && this.#state === 'live') this.#giveRecords()
  }

  /** The stream is on fewer channels. `flush` was called before. */
  leave(channels: readonly string[]): void {
    for (const channel of channels) {
      this.#lacking?.delete(channel)
      this.#others?.delete(channel)
      this.#delivery.fanOut.remove(channel, this)
    }
    if (this.#state !== 'holding') this.#forgetLacking()
  }

  /** The records that some reader waits for can be had. */
  recordsLoaded(): void {
    if (this.#state === 'holding') this.resume()
    else if (this.#state === 'live' && this.#lacking) {
      this.flush()
      if (this.#state === 'live') this.#giveRecords()
    }
  }

  recordsFailed(): void {
    if (this.#state !== 'holding') return
    this.#delivery.waiting.add(this)
    this.#subscriber.onUnreadable()
  }

  /** Writes an event that is not in the log, if the reader is live and the client keeps up. */
  deliverVolatile(channels: readonly string[], message: Frame): void {
    if (this.#state !== 'live') return
    const { labels } = this.#subscriber
    const own = channels.filter((channel) => this.channels.has(channel))
    if (own.length === 0) return
    const labelled = labels && own.every((channel) => labels.has(channel))
    this.tell(labelled ? [eventFrame('', own), message] : [message])
  }

  /** Writes what is not in the log, if the reader is live. */
  tell(frames: readonly Frame[]): void {
    if (this.#state === 'live' && !this.#output.write(frames)) this.pause()
  }

  /** Tells the stream if it stands at the head and every channel has ended. */
  leaveIfEnded(): void {
    if (this.#state === 'live' && this.#delivery.isEnded(this.#subscriber.channels))
      this.#subscriber.onEnded()
  }

  /** Stops here because the transport is full. `resume` goes on. */
  pause(): void {
    if (this.#state !== 'live') return
    this.#cursor = this.#delivery.window.idAt(this.#livePosition)
    this.#state = 'behind'
  }

  /** The log broke after what was delivered. A live reader goes on after `resumeAt`, the new head. */
  skip(reason: GapReason, requested: string, resumeAt: string): void {
    if (this.#state !== 'live') return
    this.#cursor = resumeAt
    this.#gap(reason, requested, resumeAt)
    this.resume()
  }

  /** An exception ends this reader's stream and no other. */
  guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.failed(error)
    }
  }

  failed(error: unknown): void {
    this.#output.failed(error)
  }

  end(): void {
    this.#state = 'ended'
    this.#delivery.remove(this)
    if (this.#read) this.#delivery.backlog.leave(this.#read)
  }

  #readWindow(from: number): void {
    this.#open(true, this.#cursor)
    const { window } = this.#delivery
    for (let position = from; ; ) {
      const read = window.read(this.channels, position, {
        bytes: stride,
        newestOnly: this.#state !== 'live',
      })
      position = read.position
      const full = read.records.length > 0 && !this.#output.write(this.#labelled(read.records))
      if (this.#ended) return
      if (full) {
        this.#cursor = window.idAt(position)
        this.#state = 'behind'
        return
      }
      this.#floor = position
      if (position === window.head) {
        if (this.#state === 'live') return
        this.#state = 'live'
        if (this.#lacking && this.#giveRecords()) return
        this.#subscriber.onCaughtUp()
        this.leaveIfEnded()
        return
      }
    }
  }

  /** From now on the client lacks the records of those of the channels that have some. */
  #lack(channels: readonly string[]): void {
    const lacking = channels.filter(this.#delivery.hasRecords)
    if (lacking.length === 0) return
    this.#lacking ??= new Set()
    this.#others ??= new Set(this.#subscriber.channels)
    for (const channel of lacking) {
      this.#lacking.add(channel)
      this.#others.delete(channel)
      this.#delivery.fanOut.remove(channel, this)
    }
  }

  /**
   * A client without a cursor, or after a gap, is given the records before anything newer: no id is told until then, so that after a
   * break it starts again.
   */
  #hold(): void {
    this.#state = 'holding'
    this.#withoutId = true
    const frames = this.#delivery.records.framesOf([...this.#lacking!], this.named)
    if (!frames) return
    this.#cursor = this.#delivery.window.headId
    this.#state = 'behind'
    this.#startSnapshot(frames)
  }

  /** A live reader, which has everything up to the head, gives the records that the client lacks. @returns `false` if they have to be loaded */
  #giveRecords(): boolean {
    const frames = this.#delivery.records.framesOf([...this.#lacking!], this.named)
    if (!frames) return false
    this.pause()
    this.#startSnapshot(frames)
    this.resume()
    return true
  }

  #startSnapshot(frames: readonly Frame[]): void {
    const channels = [...this.#lacking!]
    const done = recordsFrame(channels, this.#cursor)
    this.#snapshot = { channels, frames: [recordsFrame(channels), ...frames, done], written: 0 }
  }

  /** Writes the records as far as the transport takes them. @returns whether there are none left */
  #writeSnapshot(): boolean {
    const snapshot = this.#snapshot
    while (snapshot && snapshot.written < snapshot.frames.length) {
      const from = snapshot.written
      for (let bytes = 0; snapshot.written < snapshot.frames.length && bytes < stride; snapshot.written++)
        bytes += snapshot.frames[snapshot.written]!.bytes.length
      const taken = this.#output.write(snapshot.frames.slice(from, snapshot.written))
      if (this.#ended) return false
      if (snapshot.written === snapshot.frames.length) this.#readAll(snapshot.channels)
      if (!taken) return false
    }
    return true
  }

  /** The client has the records of these channels: they are read from the position on. */
  #readAll(channels: readonly string[]): void {
    this.#snapshot = undefined
    this.#withoutId = false
    for (const channel of channels) {
      if (!this.#lacking?.delete(channel)) continue
      this.#others?.add(channel)
      this.#delivery.fanOut.add(channel, this)
    }
    this.#forgetLacking()
  }

  #forgetLacking(): void {
    if (this.#lacking?.size !== 0) return
    this.#lacking = undefined
    this.#others = undefined
  }

  /** A gap takes the records along. Without them its event has no id, so that after a break the client is told again. */
  #gap(reason: GapReason, requested: string, resumeAt: string): void {
    this.#snapshot = undefined
    this.#lack([...this.#subscriber.channels])
    this.#subscriber.onGap(reason, requested, this.#lacking ? undefined : resumeAt)
    if (this.#lacking) this.#hold()
  }

  #fetch(): void {
    const { wakes } = this.#delivery
    this.#state = 'fetching'
    this.#delivery.waiting.delete(this)
    this.#ask(this.#cursor, (answer) => {
      if (this.#ended) return
      const isFork = isGap(answer) && answer.gap === 'forked'
      if (!this.#opened || !isFork) this.#answered(answer, wakes)
      // In the midst of a stream the client has some of what a forked log still holds: delivery goes on at the head.
      else
        this.#ask(noCursor, (head) => this.#answered(isGap(head) ? { ...head, gap: 'forked' } : head, wakes))
    })
  }

  #ask(cursor: string, answered: (answer: BacklogAnswer) => void): void {
    // After a fork the reader cannot go on in the window, so the broker is asked whatever the budget is.
    const client = this.#forked ? undefined : (this.#subscriber.key ?? this)
    this.#read = { cursor, client, answered: (answer) => this.guard(() => answered(answer)) }
    this.#delivery.backlog.add(this.#read)
  }

  #answered(answer: BacklogAnswer, wakes: number): void {
    if (this.#ended) return
    this.#read = undefined
    this.#state = 'behind'
    if (answer === 'unreadable') this.#subscriber.onUnreadable()
    if (this.#ended) return

    if (typeof answer === 'object' && 'page' in answer) this.#writePage(answer.page, answer.from)
    // The window may have come to hold the position while the broker was asked.
    else if (this.#windowPosition !== undefined) this.resume()
    else if (isGap(answer)) this.#tellGap(answer.gap, answer.resumeAt)
    // The reader would wait for something that happened while the broker was asked.
    else if (this.#delivery.wakes > wakes) this.resume()
    else this.#delivery.waiting.add(this)
  }

  get #windowPosition(): number | undefined {
    return this.#forked ? undefined : this.#delivery.window.find(this.#cursor)
  }

  /** A getter, because TypeScript would narrow away a state that a call may have changed. */
  get #ended(): boolean {
    return this.#state === 'ended'
  }

  #writePage(page: BacklogPage, from: number): void {
    this.#open(true, this.#cursor)
    this.#forked = false
    const places = page.placesOn(this.channels, from)
    for (let next = 0; next < places.length; ) {
      const records: BacklogRecord[] = []
      for (let bytes = 0; next < places.length && bytes < stride; next++) {
        const record = page.recordAt(places[next]!)
        records.push(record)
        bytes += record.frame.bytes.length
      }
      this.#cursor = next < places.length ? page.idAt(places[next - 1]!) : page.end
      if (!this.#output.write(this.#labelled(records)) || this.#ended) return
    }
    this.#cursor = page.end
    this.resume()
  }

  /** The frames of these records. An event that is also on a channel of the app's own has no label. */
  #labelled(records: readonly BacklogRecord[]): Frame[] {
    const { labels } = this.#subscriber
    if (!labels && !this.named) return records.map((record) => record.frame)
    return records.flatMap(({ id, channels, record, change, frame }) => {
      const own = channels.filter((channel) => this.channels.has(channel))
      const frames = [frame]
      if (labels && own.every((channel) => labels.has(channel))) frames.unshift(eventFrame(id, own))
      if (this.named && change === 'set') frames.unshift(recordFrame(id, own, record!))
      return frames
    })
  }

  /** After the gap comes everything that the window still holds, even if the broker's own log is shorter. */
  #tellGap(reason: GapReason, resumeAt: string): void {
    const { window } = this.#delivery
    const requested = this.#cursor
    const fresh = !this.#opened
    const fromBase = reason === 'trimmed' ? !this.#forked : reason === 'forked' && fresh
    this.#forked = reason === 'forked' && !fresh
    this.#open(false, reason === 'unknown' ? undefined : requested)
    this.#cursor = fromBase && window.find(resumeAt) !== undefined ? window.baseId : resumeAt
    this.#gap(reason, requested, this.#cursor)
    this.resume()
  }

  #open(resumed: boolean, id: string | undefined): void {
    if (this.#opened) return
    this.#opened = true
    this.#subscriber.onOpen({ id, resumed })
  }
}

function isGap(answer: BacklogAnswer): answer is Extract<BacklogAnswer, { gap: GapReason }> {
  return typeof answer === 'object' && 'gap' in answer
}
