import { atEndOfTurn } from '../end-of-turn.ts'
import type { Broker, EndedChannels, Entry, GapReason } from '../log/broker.ts'
import { isCommand } from '../log/channel.ts'
import { comparePositions } from '../log/compare-positions.ts'
import { EndedSet } from '../log/ended-channels.ts'
import { Window, type WindowLimits, type WindowRecord } from '../log/window.ts'
import { pingFrame } from '../wire/control.ts'
import type { Frame } from '../wire/frame.ts'
import { Backlog } from './backlog/backlog.ts'
import { FanOut } from './fan-out.ts'
import type { Reader } from './reader.ts'
import { RecordCache } from './record-cache.ts'

export interface DeliveryOptions {
  readonly broker: Broker
  /** The result of `broker.start`. */
  readonly start: { readonly head: string; readonly tail: readonly Entry[] }
  readonly limits: WindowLimits
  readonly now: () => number
  readonly report: (error: unknown) => void
  /** Whether a channel has records. */
  readonly hasRecords: (channel: string) => boolean
  /** Reads the ended channels again, because the last answer cannot be used. `onEnded` takes the next one. */
  readonly readEnded: () => void
  /** Called with every new command to the hubs, before newer entries are delivered. */
  readonly onCommand: (entry: Entry) => void
}

/** A stream that is pinged once it has passed a position. */
interface Awaiting {
  /** @returns whether it no longer waits */
  checkAwaited(): boolean
}

/** The maximum number of streams that wait for a position. Others get it with their heartbeat. */
const maxAwaiting = 10_000

/** Above these limits, entries are delivered without waiting for the end of the turn. */
const turnLimit = { entries: 1024, bytes: 1_048_576 }

/**
 * Delivers the log of a started broker to the readers of this process. New entries are appended to the window at once. At the end of the turn
 * the fan-out delivers them. `delivered` is the position of the fan-out: between two turns it is the head.
 */
export class Delivery {
  /** The head when the broker started. It may be the id of a command, which the window does not keep. */
  readonly startedAt: string
  readonly window: Window
  readonly backlog: Backlog
  readonly fanOut = new FanOut()
  readonly records: RecordCache
  readonly hasRecords: (channel: string) => boolean
  /** Readers whose last read of the broker failed, or found nothing although they are not in the window. They retry at the next `wake`. */
  readonly waiting = new Set<Reader>()
  readonly #awaiting = new Set<Awaiting>()
  /** The number of entries that the broker delivered, including commands. */
  received = 0
  /** The id of the newest of them, or the position at which the log goes on after a break. */
  #receivedId: string
  readonly #broker: Broker
  #ended = new EndedSet()
  /** The broker's answer, if it is ahead of the window. */
  #endedAnswer: EndedChannels | undefined
  readonly #readEnded: () => void
  readonly #onCommand: (entry: Entry) => void
  readonly #readers = new Set<Reader>()
  #delivered: number
  #undeliveredBytes = 0
  /** Whether an entry that was not delivered yet ends channels. */
  #hasEnds = false
  #wakes = 0
  #scheduled = false
  #delivering = false
  #ping: { readonly position: string; readonly frames: readonly Frame[] } | undefined

  constructor(options: DeliveryOptions) {
    const { broker, start, limits, now, report, onCommand, hasRecords, readEnded } = options
    this.#broker = broker
    this.#onCommand = onCommand
    this.#readEnded = readEnded
    this.hasRecords = hasRecords
    this.startedAt = start.head
    this.window = new Window(start.tail[0]?.previous ?? start.head, limits, now)
    this.#receivedId = start.head
    this.backlog = new Backlog({
      ...{ broker, window: this.window, report },
      isPending: (entry) => {
        const order = isCommand(entry) ? comparePositions(entry.id, this.#receivedId) : -1
        return order === undefined ? undefined : order === 1
      },
      isForked: (signal) => this.#isForked(signal),
    })
    this.records = new RecordCache({
      broker,
      window: this.window,
      report,
      onLoaded: (channel) => this.#eachLacking(channel, (reader) => reader.recordsLoaded()),
      onFailed: (channel, error) => {
        // If all of them have left, as when the hub was closed, the failure harms nobody.
        if ([...this.#readers].some((reader) => reader.lacks(channel))) report(error)
        this.#eachLacking(channel, (reader) => reader.recordsFailed())
      },
    })
    for (const entry of start.tail) this.#append(entry)
    this.window.trim(this.window.head)
    this.#delivered = this.window.head
    this.#undeliveredBytes = 0
  }

  /** Whether the log has begun anew after what was received. Until everything was received, it may have. */
  async #isForked(signal: AbortSignal): Promise<boolean> {
    const received = this.#receivedId
    const page = await this.#broker.read(received, { limit: 2_048, signal })
    if ('gap' in page || !page.done) return true
    return page.entries.some(({ id }) => comparePositions(id, received) === undefined)
  }

  /** The number of the last entry that was delivered to all live readers. */
  get delivered(): number {
    return this.#delivered
  }

  /** The number of `wake` calls. A reader compares it to find out whether it missed one. */
  get wakes(): number {
    return this.#wakes
  }

  add(reader: Reader): void {
    this.#readers.add(reader)
    for (const channel of reader.channels) this.fanOut.add(channel, reader)
  }

  remove(reader: Reader): void {
    this.#readers.delete(reader)
    this.waiting.delete(reader)
    for (const channel of reader.channels) this.fanOut.remove(channel, reader)
  }

  /** Checks the stream now and, while it waits, whenever the position has changed. */
  await(stream: Awaiting): void {
    if (!stream.checkAwaited() && this.#awaiting.size < maxAwaiting) this.#awaiting.add(stream)
  }

  /** The stream has ended. */
  stopAwaiting(stream: Awaiting): void {
    this.#awaiting.delete(stream)
  }

  /** Called by the broker with new entries. */
  receive(batch: readonly Entry[]): void {
    for (const entry of batch) {
      this.received++
      this.#receivedId = entry.id
      this.#append(entry)
      if (isCommand(entry)) this.#onCommand(entry)
      else if (this.#exceedsTurn) this.deliver()
    }
    if (this.#scheduled) return
    this.#scheduled = true
    atEndOfTurn(() => {
      this.#scheduled = false
      this.deliver()
      this.#settle()
    })
  }

  /** Delivers the entries of this turn now, instead of at its end. */
  deliver(): void {
    if (this.#delivering || this.window.head === this.#delivered) return
    const records = [...this.window.after(this.#delivered)]
    const bytes = this.#undeliveredBytes
    const last = this.window.head
    const hasEnds = this.#hasEnds
    this.#hasEnds = false
    this.#delivering = true
    try {
      this.fanOut.deliver(records, this.#delivered)
      if (hasEnds) this.#leaveEnded(records)
    } finally {
      // What the app does when a stream ends can publish, or break the log, before the last reader has these entries.
      if (this.#delivered < last) {
        this.#delivered = last
        this.#undeliveredBytes -= bytes
      }
      this.window.trim(this.#delivered)
      this.#delivering = false
    }
    this.wake()
  }

  /** Whether the newest entry of each of these channels is an end. */
  isEnded(channels: ReadonlySet<string>): boolean {
    if (this.#ended.size === 0 || channels.size === 0) return false
    for (const channel of channels) if (!this.#ended.has(channel)) return false
    return true
  }

  /** Called with the broker's answer: the ends may be older than the tail, or among the entries that were missed. */
  onEnded(answer: EndedChannels): void {
    this.#takeEnded(answer, { isNew: true })
  }

  /** Whether the window holds the cursor, and nothing after it on these channels. */
  hasNothingAfter(cursor: string, channels: ReadonlySet<string>): boolean {
    const position = this.window.find(cursor)
    return position !== undefined && this.window.read(channels, position, { bytes: 1 }).records.length === 0
  }

  /** Delivers an event that is not in the log to the live readers with room. */
  deliverVolatile(channels: readonly string[], message: Frame): void {
    for (const reader of this.fanOut.readersOf(channels)) {
      reader.guard(() => reader.deliverVolatile(channels, message))
    }
  }

  /** Writes a control event to the live readers of a channel. The others get the state when they catch up. */
  tell(channel: string, message: Frame): void {
    for (const reader of this.fanOut.readersOf([channel])) reader.guard(() => reader.tell([message]))
  }

  /** Called when the log broke: the entries between the last one received and `head` will not be delivered. */
  discontinuity(reason: Extract<GapReason, 'trimmed' | 'forked'>, head: string): void {
    this.deliver()
    const requested = this.window.headId
    this.window.reset(head)
    this.#receivedId = head
    this.backlog.clear()
    this.records.clear()
    // The entries that were missed may have opened channels again.
    this.#ended = new EndedSet()
    this.#endedAnswer = undefined
    this.#delivered = this.window.head
    this.#undeliveredBytes = 0
    for (const reader of this.#readers) reader.guard(() => reader.onDiscontinuity(reason, requested, head))
    this.wake()
  }

  /** Lets the waiting readers retry. */
  wake(): void {
    for (const stream of this.#awaiting) if (stream.checkAwaited()) this.#awaiting.delete(stream)
    this.#wakes++
    const readers = [...this.waiting]
    this.waiting.clear()
    for (const reader of readers) reader.guard(() => reader.resume())
  }

  /** The heartbeat of the live readers. First it delivers the entries of this turn, so that the position is correct. */
  ping(): readonly Frame[] {
    this.deliver()
    this.#settle()
    const position = this.window.headId
    if (this.#ping?.position !== position) this.#ping = { position, frames: [pingFrame(position)] }
    return this.#ping.frames
  }

  /** The window does not keep commands. */
  #append(entry: Entry): void {
    if (isCommand(entry)) {
      this.window.addAlias(entry.id)
      return
    }
    const { frame, change } = this.window.append(entry)
    this.#undeliveredBytes += frame.bytes.length
    if (change) this.records.apply(entry)
    if (change === 'clear') this.#hasEnds = true
    this.#ended.apply(entry.channels, change === 'clear')
  }

  #settle(): void {
    this.records.settle()
    if (this.#endedAnswer) this.#takeEnded(this.#endedAnswer, { isNew: false })
  }

  /** Takes an answer whose position is in the window, and waits for one that is ahead of it. */
  #takeEnded(answer: EndedChannels, { isNew }: { readonly isNew: boolean }): void {
    const { window } = this
    this.#endedAnswer = undefined
    const from = window.find(answer.position)
    if (from === undefined) {
      const order = comparePositions(answer.position, window.headId)
      if (order === 1 || isNew) this.#endedAnswer = answer
      else this.#readEnded()
      return
    }
    // Before the entries of this turn are delivered, because the window may drop them then.
    const ended = new EndedSet(answer.channels)
    for (const { channels, change } of window.after(from)) ended.apply(channels, change === 'clear')
    this.#ended = ended
    this.deliver()
    for (const reader of this.fanOut.readersOf([...this.#ended])) reader.guard(() => reader.leaveIfEnded())
  }

  #leaveEnded(records: readonly WindowRecord[]): void {
    const ended = records.filter(({ change }) => change === 'clear').flatMap(({ channels }) => channels)
    for (const reader of this.fanOut.readersOf(ended)) reader.guard(() => reader.leaveIfEnded())
  }

  #eachLacking(channel: string, call: (reader: Reader) => void): void {
    for (const reader of this.#readers) if (reader.lacks(channel)) reader.guard(() => call(reader))
  }

  get #exceedsTurn(): boolean {
    return this.window.head - this.#delivered > turnLimit.entries || this.#undeliveredBytes > turnLimit.bytes
  }
}
