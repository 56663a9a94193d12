import { atEndOfTurn } from '../end-of-turn.ts'
import type { Broker, Entry, GapReason } from '../log/broker.ts'
import { isCommand } from '../log/channel.ts'
import { Window, type WindowLimits } from '../log/window.ts'
import { pingFrame } from '../wire/control.ts'
import type { Frame } from '../wire/frame.ts'
import { Backlog } from './backlog/backlog.ts'
import { FanOut } from './fan-out.ts'
import type { Reader } from './reader.ts'

export interface DeliveryOptions {
  readonly broker: Broker
  /** The result of `broker.start`. */
  readonly start: { readonly head: string; readonly tail: readonly Entry[] }
  readonly limits: WindowLimits
  readonly now: () => number
  readonly report: (error: unknown) => void
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
  /** Readers whose last read of the broker failed, or found nothing although they are not in the window. They retry at the next `wake`. */
  readonly waiting = new Set<Reader>()
  readonly #awaiting = new Set<Awaiting>()
  /** The number of entries that the broker delivered, including commands. */
  received = 0
  readonly #onCommand: (entry: Entry) => void
  readonly #readers = new Set<Reader>()
  #delivered: number
  #undeliveredBytes = 0
  #wakes = 0
  #scheduled = false
  #delivering = false
  #ping: { readonly position: string; readonly frames: readonly Frame[] } | undefined

  constructor({ broker, start, limits, now, report, onCommand }: DeliveryOptions) {
    this.#onCommand = onCommand
    this.startedAt = start.head
    this.window = new Window(start.tail[0]?.previous ?? start.head, limits, now)
    this.backlog = new Backlog({ broker, window: this.window, report })
    for (const entry of start.tail) this.#append(entry)
    this.window.trim(this.window.head)
    this.#delivered = this.window.head
    this.#undeliveredBytes = 0
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
      this.#append(entry)
      if (isCommand(entry)) this.#onCommand(entry)
      else if (this.#exceedsTurn) this.deliver()
    }
    if (this.#scheduled) return
    this.#scheduled = true
    atEndOfTurn(() => {
      this.#scheduled = false
      this.deliver()
    })
  }

  /** Delivers the entries of this turn now, instead of at its end. */
  deliver(): void {
    if (this.#delivering || this.window.head === this.#delivered) return
    const records = [...this.window.after(this.#delivered)]
    const bytes = this.#undeliveredBytes
    const last = this.window.head
    this.#delivering = true
    try {
      this.fanOut.deliver(records, this.#delivered)
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

  /** Called when the log broke: the entries between the last one received and `head` will not be delivered. */
  discontinuity(reason: Extract<GapReason, 'trimmed' | 'forked'>, head: string): void {
    this.deliver()
    const requested = this.window.headId
    this.window.reset(head)
    this.backlog.clear()
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
    const position = this.window.headId
    if (this.#ping?.position !== position) this.#ping = { position, frames: [pingFrame(position)] }
    return this.#ping.frames
  }

  /** The window does not keep commands. */
  #append(entry: Entry): void {
    if (isCommand(entry)) this.window.addAlias(entry.id)
    else this.#undeliveredBytes += this.window.append(entry).frame.bytes.length
  }

  get #exceedsTurn(): boolean {
    return this.window.head - this.#delivered > turnLimit.entries || this.#undeliveredBytes > turnLimit.bytes
  }
}
