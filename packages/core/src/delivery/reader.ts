import type { GapReason } from '../log/broker.ts'
import { comparePositions } from '../log/compare-positions.ts'
import type { Backpressure } from '../response/backpressure.ts'
import type { Transport } from '../response/transport.ts'
import { eventFrame, recordFrame, recordsFrame } from '../wire/control.ts'
import { type Frame, withoutId } from '../wire/frame.ts'
import type { BacklogAnswer, BacklogRead } from './backlog/backlog.ts'
import type { BacklogPage, BacklogRecord } from './backlog/backlog-page.ts'
import type { Delivery } from './delivery.ts'

/** The stream of a reader, as far as the reader needs it. */
export interface Subscriber {
  readonly channels: ReadonlySet<string>
  /** The channels whose events get an `sse.event` before them. `undefined` if the stream is not shared. */
  readonly labelledChannels: ReadonlySet<string> | undefined
  /** Whether the client gets an `sse.record` with the name before each event that sets a record. */
  readonly named: boolean
  /** All streams of a key share one budget for reads of the broker. */
  readonly key: string | undefined
  readonly transport: Transport
  /** Whether a write has filled the transport, and it has not drained since. */
  readonly full: boolean
  readonly backpressure: Backpressure
  /** Writes the frames, even if the transport is full. @returns `false` if it is full now, or the stream has ended */
  writeFrames(frames: readonly Frame[]): boolean
  /** Called with an error that ends the stream. */
  failed(error: unknown): void
  /** Called when the position is known, before anything from the log is written. */
  onOpen(cursor: { readonly id: string | undefined; readonly resumed: boolean }): void
  /** Called if the log does not have everything after `requested`. Delivery continues after `resumeAt`; `undefined` if the records come first. */
  onGap(reason: GapReason, requested: string, resumeAt: string | undefined): void
  /** Called when everything up to the head was written. From then on the fan-out delivers. */
  onCaughtUp(): void
  /** Called when the broker could not read. The reader retries later. */
  onUnreadable(): void
  /** Every channel of the stream has ended, and everything was written. */
  onEnded(): void
}

export interface ReaderStart {
  readonly fresh: boolean
  readonly invalid: string | undefined
  readonly lacked: { lacks(channel: string): boolean } | undefined
}

/** Records of channels on their way to a client. */
interface Snapshot {
  /** The channels that the client has not left since. */
  readonly channels: Set<string>
  /** What is left to write, by channel. */
  parts: { readonly channel: string | undefined; readonly frames: readonly Frame[] }[]
  /** The number of frames of the first part that were written. */
  written: number
}

/** The approximate number of bytes in one write to the transport. */
const writeBytes = 64 * 1024
/** A cursor that is invalid for every broker. The answer is a gap that resumes at the head. */
const invalidCursor = ''

/**
 * A position in the log, and the only code that moves a stream forward from it. New, returning and slow streams all use the same code. They
 * read from the window, or from the backlog if their position is older than the window. They stop when the transport is full or the head is
 * reached. At the head a reader is live: the fan-out delivers to it.
 *
 * A live reader does not store its position: it is the position of the fan-out, or `#deliveredTo` if that is newer. So a turn costs nothing
 * for a stream whose channels are quiet.
 */
export class Reader {
  /*
   * A broadcast uses only the first fields, so they are next to each other in memory. With a thousand streams they are not in the fastest
   * CPU cache, and each additional cache line costs as much as all the work done with it.
   */
  #state: 'live' | 'behind' | 'fetching' | 'holding' | 'ended' = 'behind'
  /** The number of the last entry that was written to a live reader. It counts only while it is ahead of the fan-out. */
  #deliveredTo = 0
  /** Channels whose records the client lacks. Until it has them, changes of these records are not written, because the records contain them. */
  #lacking: Set<string> | undefined
  readonly #transport: Transport
  readonly #delivery: Delivery
  readonly #subscriber: Subscriber
  /** The position while the reader is not live. */
  #cursor: string
  #opened = false
  /**
   * The position of this stream when the log forked before it, until something was read since. The window may still have entries of the lost
   * branch, which were already written. So the reader uses only the broker.
   */
  #forkedAt: string | undefined
  /** The pending read of the backlog. */
  #read: BacklogRead | undefined
  /** The records that are being written. */
  #snapshot: Snapshot | undefined
  /**
   * Whether the client must not get an id before it has the records, because it has no cursor, or one from before a gap. If its connection breaks
   * before, it gets all of it again.
   */
  #withoutId = false

  /** @param cursor the position to begin at */
  constructor(delivery: Delivery, subscriber: Subscriber, cursor: string) {
    this.#transport = subscriber.transport
    this.#delivery = delivery
    this.#subscriber = subscriber
    this.#cursor = cursor
    delivery.add(this)
  }

  get channels(): ReadonlySet<string> {
    return this.#subscriber.channels
  }

  get named(): boolean {
    return this.#subscriber.named
  }

  get labelledChannels(): ReadonlySet<string> | undefined {
    return this.#subscriber.labelledChannels
  }

  /** Whether `onOpen` was called. */
  get opened(): boolean {
    return this.#opened
  }

  /** Whether the reader is at the head, so that the fan-out delivers to it. */
  get live(): boolean {
    return this.#state === 'live'
  }

  /** The position that the client may get as an id. `undefined` until it has the records that belong to the position. */
  get toldPosition(): string | undefined {
    return this.#withoutId ? undefined : this.position
  }

  /** The id of the last entry that was written or is on none of the channels. */
  get position(): string {
    if (this.#state !== 'live') return this.#cursor
    return this.#delivery.window.idAt(this.#livePosition)
  }

  get #livePosition(): number {
    return Math.max(this.#deliveredTo, this.#delivery.delivered)
  }

  /**
   * Starts to read.
   *
   * @param options `fresh`: whether the client sent no cursor; `invalid`: a text without the form of a cursor, which the client sent; `lacked`:
   * the channels whose records the client lacks although it has a cursor
   */
  start({ fresh, invalid, lacked }: ReaderStart): void {
    if (fresh) this.#lack(this.channels)
    else if (lacked) this.#lack([...this.channels].filter((channel) => lacked.lacks(channel)))
    if (invalid !== undefined) {
      this.#open(false, undefined)
      this.#gap('unknown', invalid, this.#cursor)
    } else if (fresh && this.#lacking) {
      this.#withoutId = true
      this.#open(true, undefined)
    }
    this.resume()
  }

  /** Writes entries from the position on, until the transport is full or the head is reached. */
  resume(): void {
    if (this.#state === 'holding') this.#state = 'behind'
    if (this.#state === 'live') this.recordsLoaded()
    if (this.#state !== 'behind' || !this.#writeSnapshot()) return
    const position = this.#windowPosition
    if (position === undefined) this.#fetch()
    else this.#readWindow(position)
  }

  /** Called by the fan-out. `frames` have everything on the reader's channels between two positions. */
  deliver(frames: readonly Frame[], from: number, to: number): void {
    if (this.#state !== 'live') return
    if (this.#livePosition > from || this.#lacking) {
      this.flush()
      return
    }
    this.#deliveredTo = to
    if (this.#transport.write(frames)) return
    this.#subscriber.backpressure.becameFull()
    this.pause()
  }

  /** Writes the entries that a reader at the head does not have yet. Call it before the channels change. */
  flush(): void {
    if (this.#state === 'live') this.#readWindow(this.#livePosition)
    // They came while it waits for records.
    else if (this.#state === 'holding' && !this.#subscriber.full) this.resume()
  }

  /** Whether the client waits for the records of a channel. */
  lacks(channel: string): boolean {
    return this.#lacking?.has(channel) ?? false
  }

  /** Called after `flush` when the stream has joined channels, or the labelled ones have changed. */
  join(channels: readonly string[], added: readonly string[]): void {
    if (this.#ended) return
    this.#lack(added)
    for (const channel of channels) this.#delivery.fanOut.add(channel, this)
    if (this.#lacking && this.#state === 'live') this.#giveRecords()
  }

  /** Called after `flush` when the stream has left channels. */
  leave(channels: readonly string[]): void {
    for (const channel of channels) {
      this.#lacking?.delete(channel)
      this.#leaveSnapshot(channel)
      this.#delivery.fanOut.remove(channel, this)
    }
    this.#forgetLacking()
    // It may have waited for the records of these channels only.
    this.recordsLoaded()
  }

  /** Called when records that the client lacks were read. */
  recordsLoaded(): void {
    if (this.#state === 'holding') {
      if (!this.#subscriber.full) this.resume()
    } else if (this.#state === 'live' && this.#lacking) {
      this.flush()
      if (this.#state === 'live') this.#giveRecords()
    }
  }

  /** Called when records that the client lacks could not be read. The reader retries at the next `wake`. */
  recordsFailed(): void {
    if (this.#state !== 'holding' && this.#state !== 'live') return
    this.#delivery.waiting.add(this)
    if (this.#state === 'holding') this.#subscriber.onUnreadable()
  }

  /** Writes an event that is not in the log, if the reader is live and the client keeps up. */
  deliverVolatile(channels: readonly string[], message: Frame): void {
    if (this.#state !== 'live') return
    const { labelledChannels } = this.#subscriber
    const own = channels.filter((channel) => this.channels.has(channel))
    if (own.length === 0) return
    const isLabelled = labelledChannels && own.every((channel) => labelledChannels.has(channel))
    this.tell(isLabelled ? [eventFrame('', own), message] : [message])
  }

  /** Writes what is not in the log, if the reader is live. */
  tell(frames: readonly Frame[]): void {
    if (this.#state === 'live' && !this.#subscriber.writeFrames(frames)) this.pause()
  }

  /** Ends the stream if it is at the head and all of its channels have ended. */
  leaveIfEnded(): void {
    if (this.#state === 'live' && this.#delivery.isEnded(this.#subscriber.channels))
      this.#subscriber.onEnded()
  }

  /** Stops a live reader because the transport is full. `resume` continues. */
  pause(): void {
    if (this.#state !== 'live') return
    this.#cursor = this.#delivery.window.idAt(this.#livePosition)
    this.#state = 'behind'
  }

  /** Called when the log broke after the delivered entries. A live reader continues after `resumeAt`, the new head. */
  onDiscontinuity(reason: GapReason, requested: string, resumeAt: string): void {
    // The records that it waits for are asked for again.
    if (this.#state === 'holding') this.resume()
    if (this.#state !== 'live') return
    this.#cursor = resumeAt
    this.#gap(reason, requested, resumeAt)
    this.resume()
  }

  /** Calls a function whose exception ends only this stream. */
  guard(call: () => void): void {
    try {
      call()
    } catch (error) {
      this.failed(error)
    }
  }

  failed(error: unknown): void {
    this.#subscriber.failed(error)
  }

  end(): void {
    this.#state = 'ended'
    this.#delivery.remove(this)
    if (this.#read) this.#delivery.backlog.cancel(this.#read)
  }

  #readWindow(from: number): void {
    this.#open(true, this.#cursor)
    if (this.#ended) return
    const { window } = this.#delivery
    this.#deliveredTo = from
    // Nearly every stream opens at the head.
    for (let position = from; position !== window.head; ) {
      const read = window.read(this.channels, position, {
        bytes: writeBytes,
        newestOnly: this.#state !== 'live',
      })
      position = read.position
      const frames = this.#framesOf(read.records)
      const isFull = frames.length > 0 && !this.#subscriber.writeFrames(frames)
      if (this.#ended) return
      if (isFull) {
        this.#cursor = window.idAt(position)
        this.#state = 'behind'
        return
      }
      this.#deliveredTo = position
    }
    if (this.#state !== 'live') this.#reachHead()
  }

  #reachHead(): void {
    this.#state = this.#withoutId ? 'holding' : 'live'
    if (this.#withoutId) this.#cursor = this.#delivery.window.headId
    if (this.#lacking && this.#giveRecords()) return
    if (this.#withoutId) return
    this.#subscriber.onCaughtUp()
    this.leaveIfEnded()
  }

  /** Notes that the client lacks the records of these channels. */
  #lack(channels: Iterable<string>): void {
    for (const channel of channels) {
      if (!this.#delivery.hasRecords(channel)) continue
      this.#lacking ??= new Set()
      this.#lacking.add(channel)
    }
  }

  /** Writes the records that the client lacks. The reader has written everything up to the head. @returns `false` if they are not loaded */
  #giveRecords(): boolean {
    const frames = this.#delivery.records.framesOf([...this.#lacking!], this.named)
    if (!frames) return false
    this.#cursor = this.#delivery.window.headId
    this.#state = 'behind'
    this.#startSnapshot(frames)
    this.resume()
    return true
  }

  #startSnapshot(framesByChannel: readonly (readonly Frame[])[]): void {
    const channels = [...this.#lacking!]
    const parts = channels.map((channel, index) => ({ channel, frames: framesByChannel[index]! }))
    const start = { channel: undefined, frames: [recordsFrame(channels)] }
    this.#snapshot = { channels: new Set(channels), parts: [start, ...parts], written: 0 }
  }

  /** Writes the records until the transport is full. @returns whether none are left, and there is room */
  #writeSnapshot(): boolean {
    for (let snapshot = this.#snapshot; snapshot; snapshot = this.#snapshot) {
      const frames = nextFrames(snapshot)
      const isLast = snapshot.parts.length === 0
      const channels = [...snapshot.channels]
      if (isLast) frames.push(recordsFrame(channels, this.#cursor))
      const taken = this.#subscriber.writeFrames(frames)
      if (this.#ended) return false
      if (isLast) this.#readAll(channels)
      if (!taken) return false
    }
    return true
  }

  #leaveSnapshot(channel: string): void {
    const snapshot = this.#snapshot
    if (!snapshot?.channels.delete(channel)) return
    if (snapshot.parts[0]?.channel === channel) snapshot.written = 0
    snapshot.parts = snapshot.parts.filter((part) => part.channel !== channel)
  }

  /** Called when the client has the records of these channels. From then on their changes are written. */
  #readAll(channels: readonly string[]): void {
    this.#snapshot = undefined
    this.#withoutId = false
    for (const channel of channels) this.#lacking?.delete(channel)
    this.#forgetLacking()
  }

  #forgetLacking(): void {
    if (this.#lacking?.size !== 0) return
    this.#lacking = undefined
    // The client has left the channels before it got their records.
    if (!this.#snapshot) this.#withoutId = false
  }

  /**
   * After a gap, the client lacks all records. Then the event of the gap has no id, so a client whose connection breaks gets the gap again. An
   * answer to a poll must contain all that precedes the records, so it continues in the window at the earliest.
   */
  #gap(reason: GapReason, requested: string, resumeAt: string): void {
    this.#snapshot = undefined
    this.#lack(this.#subscriber.channels)
    this.#subscriber.onGap(reason, requested, this.#lacking ? undefined : resumeAt)
    if (!this.#lacking) return
    this.#withoutId = true
    if (this.#state === 'live') this.#state = 'behind'
    const { baseId } = this.#delivery.window
    if (comparePositions(this.#cursor, baseId) === -1) this.#cursor = baseId
  }

  #fetch(): void {
    const { wakes } = this.#delivery
    this.#state = 'fetching'
    this.#delivery.waiting.delete(this)
    this.#ask(this.#cursor, (answer) => {
      if (this.#ended) return
      const isFork = isGap(answer) && answer.gap === 'forked'
      if (!this.#opened || !isFork) this.#answered(answer, wakes)
      // The client of an open stream already has some entries of the forked log, so delivery continues at the head.
      else
        this.#ask(invalidCursor, (head) =>
          this.#answered(isGap(head) ? { ...head, gap: 'forked' } : head, wakes),
        )
    })
  }

  #ask(cursor: string, onAnswer: (answer: BacklogAnswer) => void): void {
    // After a fork the reader cannot continue in the window, so this read does not count against the budget.
    const client = this.#isForked ? undefined : (this.#subscriber.key ?? this)
    this.#read = { cursor, client, onAnswer: (answer) => this.guard(() => onAnswer(answer)) }
    this.#delivery.backlog.add(this.#read)
  }

  #answered(answer: BacklogAnswer, wakes: number): void {
    if (this.#ended) return
    this.#read = undefined
    this.#state = 'behind'
    if (answer === 'unreadable') this.#subscriber.onUnreadable()
    if (this.#ended) return

    if (typeof answer === 'object' && 'page' in answer) this.#writePage(answer.page, answer.from)
    // Meanwhile the window may have received the position.
    else if (this.#windowPosition !== undefined) this.resume()
    else if (isGap(answer)) this.#onGap(answer.gap, answer.resumeAt)
    // A log that is quiet would leave the stream without records, heartbeats with ids, and volatile events.
    else if (this.#isWindowOfNewLog) {
      this.#forkedAt = undefined
      this.resume()
    }
    // There was a wake during the read, so the reader retries at once.
    else if (this.#delivery.wakes > wakes) this.resume()
    else this.#delivery.waiting.add(this)
  }

  get #windowPosition(): number | undefined {
    return this.#isForked ? undefined : this.#delivery.window.find(this.#cursor)
  }

  get #isForked(): boolean {
    return this.#forkedAt !== undefined
  }

  /** Whether the window has the head of the log that follows the fork. It shows that by another epoch, or by a greater number. */
  get #isWindowOfNewLog(): boolean {
    const { window } = this.#delivery
    // The head of the log may be a command, which takes no place in the window.
    if (this.#forkedAt === undefined || window.find(this.#cursor) !== window.head) return false
    return comparePositions(this.#forkedAt, this.#cursor) !== 1
  }

  /** A getter, because TypeScript does not know that a call may have changed the state. */
  get #ended(): boolean {
    return this.#state === 'ended'
  }

  #writePage(page: BacklogPage, from: number): void {
    this.#open(true, this.#cursor)
    this.#forkedAt = undefined
    const indexes = page.indexesOn(this.channels, from)
    for (let next = 0; next < indexes.length; ) {
      const records: BacklogRecord[] = []
      for (let bytes = 0; next < indexes.length && bytes < writeBytes; next++) {
        const record = page.recordAt(indexes[next]!)
        records.push(record)
        bytes += record.frame.bytes.length
      }
      this.#cursor = next < indexes.length ? page.idAt(indexes[next - 1]!) : page.end
      const frames = this.#framesOf(records)
      if (frames.length > 0 && !this.#subscriber.writeFrames(frames)) return
      if (this.#ended) return
    }
    this.#cursor = page.end
    this.resume()
  }

  /** The frames of these records. An event that is also on one of the app's own channels gets no `sse.event`. */
  #framesOf(all: readonly BacklogRecord[]): Frame[] {
    const { channels, labelledChannels } = this.#subscriber
    const records = this.#lacking ? all.filter((record) => !this.#isLacked(record)) : all
    const isBare = this.#withoutId
    if (!labelledChannels && !this.named)
      return records.map(({ frame }) => (isBare ? withoutId(frame) : frame))
    return records.flatMap((record) => {
      const id = isBare ? '' : record.id
      const own = record.channels.filter((channel) => channels.has(channel))
      const frames = [isBare ? withoutId(record.frame) : record.frame]
      if (labelledChannels && own.every((channel) => labelledChannels.has(channel)))
        frames.unshift(eventFrame(id, own))
      if (!this.named || record.change !== 'set') return frames
      const known = own.filter((channel) => !this.lacks(channel))
      return [recordFrame(id, known, record.record!), ...frames]
    })
  }

  /** Whether the change belongs to records that the client lacks on all of its channels that carry it. */
  #isLacked({ channels, change }: BacklogRecord): boolean {
    if (change !== 'set' && change !== 'remove') return false
    return channels.every((channel) => !this.channels.has(channel) || this.lacks(channel))
  }

  /** Delivery continues with everything that the window still has, even if the broker's own log is shorter. */
  #onGap(reason: GapReason, resumeAt: string): void {
    const { window } = this.#delivery
    const requested = this.#cursor
    const isNew = !this.#opened
    const fromBase = reason === 'trimmed' ? !this.#isForked : reason === 'forked' && isNew
    this.#forkedAt = reason === 'forked' && !isNew ? requested : undefined
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

/** Takes the frames for one write. */
function nextFrames(snapshot: Snapshot): Frame[] {
  const frames: Frame[] = []
  for (let bytes = 0; bytes < writeBytes && snapshot.parts[0]; ) {
    const next = snapshot.parts[0].frames[snapshot.written]
    if (next) {
      frames.push(next)
      bytes += next.bytes.length
      snapshot.written++
    } else {
      snapshot.parts.shift()
      snapshot.written = 0
    }
  }
  return frames
}
