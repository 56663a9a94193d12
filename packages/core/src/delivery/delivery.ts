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
  /** What the broker answered when it started. */
  readonly start: { readonly head: string; readonly tail: readonly Entry[] }
  readonly limits: WindowLimits
  readonly now: () => number
  readonly report: (error: unknown) => void
  /** Called with every new command to the hubs, before anything newer is delivered. */
  readonly onCommand: (entry: Entry) => void
}

/** The most that a turn gathers before it is delivered without waiting for the end of the turn. */
const turnLimit = { entries: 1024, bytes: 1_048_576 }

/**
 * Delivers the log of a started broker to the readers of this process. Entries go into the window as they come; the fan-out
 * delivers them at the end of the turn. `delivered` is the position up to which it has done so: between two turns it is the head.
 */
export class Delivery {
  /** The head when the broker had started. It may be a command, which takes no place in the window. */
  readonly startedAt: string
  readonly window: Window
  readonly backlog: Backlog
  readonly fanOut = new FanOut()
  /** Readers that stand beyond the window, or whose broker did not answer. They try again at the next `wake`. */
  readonly waiting = new Set<Reader>()
  /** Entries that came from the broker, commands included. */
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
    this.window.trim()
    this.#delivered = this.window.head
    this.#undeliveredBytes = 0
  }

  /** The number of the last entry that every live reader has passed. */
  get delivered(): number {
    return this.#delivered
  }

  /** How often something has happened that a reader may wait for. */
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

  /** Takes new entries from the broker. */
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
    this.#delivering = true
    try {
      this.fanOut.deliver(records, this.#delivered)
    } finally {
      this.#delivered = records.at(-1)!.seq
      this.#undeliveredBytes = 0
      this.window.trim()
      this.#delivering = false
    }
    this.wake()
  }

  /** The log broke: the entries between the last one received and `head` will not come. */
  restart(reason: Extract<GapReason, 'trimmed' | 'forked'>, head: string): void {
    this.deliver()
    const requested = this.window.headId
    this.window.reset(head)
    this.backlog.forget()
    this.#delivered = this.window.head
    this.#undeliveredBytes = 0
    for (const reader of this.#readers) reader.guard(() => reader.skip(reason, requested, head))
    this.wake()
  }

  /** Lets the waiting readers try again. */
  wake(): void {
    this.#wakes++
    const readers = [...this.waiting]
    this.waiting.clear()
    for (const reader of readers) reader.guard(() => reader.resume())
  }

  /** The heartbeat of all readers that stand at the head. Delivers first what they do not have yet. */
  ping(): readonly Frame[] {
    this.deliver()
    const position = this.window.headId
    if (this.#ping?.position !== position) this.#ping = { position, frames: [pingFrame(position)] }
    return this.#ping.frames
  }

  /** A command to the hubs takes no place in the window. */
  #append(entry: Entry): void {
    if (isCommand(entry)) this.window.pass(entry.id)
    else this.#undeliveredBytes += this.window.append(entry).frame.bytes.length
  }

  get #exceedsTurn(): boolean {
    return this.window.head - this.#delivered > turnLimit.entries || this.#undeliveredBytes > turnLimit.bytes
  }
}
