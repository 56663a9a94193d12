import { Backlog } from '../delivery/backlog/backlog.ts'
import type { Broker, Entry } from './broker.ts'
import { isCommand } from './channel.ts'
import { Window, type WindowLimits, type WindowRecord } from './window.ts'

/**
 * What the readers of a process read from: the window, behind it the backlog, and the line up to which the fan-out has
 * delivered. Between two turns that line is the head; within one it trails the entries that came since.
 */
export class Log {
  /** The head when the broker had started: it may be a command, which takes no place in the window. */
  readonly startedAt: string
  readonly window: Window
  readonly backlog: Backlog
  /** Readers that stand beyond the window, or whose broker did not answer: they try again when something happens. */
  readonly waiting = new Set<{ readOn(): void; failed(error: unknown): void }>()
  #delivered: number
  #undeliveredBytes = 0
  #wakes = 0

  constructor(
    broker: Broker,
    start: { head: string; tail: readonly Entry[] },
    options: { limits: WindowLimits; now: () => number; report: (error: unknown) => void },
  ) {
    const { limits, now, report } = options
    this.startedAt = start.head
    this.window = new Window(start.tail[0]?.previous ?? start.head, limits, now)
    this.backlog = new Backlog({ broker, window: this.window, report })
    for (const entry of start.tail) {
      if (isCommand(entry)) this.window.pass(entry.id)
      else this.window.append(entry)
    }
    this.window.trim()
    this.#delivered = this.window.head
  }

  /** The number of the last entry that every live reader has passed. */
  get delivered(): number {
    return this.#delivered
  }

  /** Takes a new entry into the window. A command to the hubs takes no place there. */
  append(entry: Entry): void {
    if (isCommand(entry)) this.window.pass(entry.id)
    else this.#undeliveredBytes += this.window.append(entry).frame.bytes.length
  }

  /** The entries that the fan-out has not delivered yet. */
  undelivered(): WindowRecord[] {
    return [...this.window.after(this.#delivered)]
  }

  /** Whether the entries not delivered yet are more than a turn may gather. */
  exceeds(limit: WindowLimits): boolean {
    return this.window.head - this.#delivered > limit.entries || this.#undeliveredBytes > limit.bytes
  }

  /** The fan-out has delivered up to here; what the window no longer needs is let go. */
  deliveredTo(position: number): void {
    this.#delivered = position
    this.#undeliveredBytes = 0
    this.window.trim()
  }

  /** Goes on after a break: what lay between the last entry and `head` is not known here. */
  restart(head: string): void {
    this.window.reset(head)
    this.backlog.forget()
    this.#delivered = this.window.head
    this.#undeliveredBytes = 0
  }

  /** How often something happened that one may wait for. */
  get wakes(): number {
    return this.#wakes
  }

  /** Lets those try again who wait for the tail or for the broker. */
  wake(): void {
    this.#wakes++
    const readers = [...this.waiting]
    this.waiting.clear()
    for (const reader of readers) {
      try {
        reader.readOn()
      } catch (error) {
        reader.failed(error)
      }
    }
  }
}
