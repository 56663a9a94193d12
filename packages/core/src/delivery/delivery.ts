import { atEndOfTurn } from '../end-of-turn.ts'
import { SseError } from '../errors.ts'
import type { Broker, Entry, Receiver } from '../log/broker.ts'
import { isCommand } from '../log/channel.ts'
import { Log } from '../log/log.ts'
import { Start } from '../log/start.ts'
import type { WindowLimits } from '../log/window.ts'
import { pingFrame } from '../wire/control.ts'
import type { Frame } from '../wire/frame.ts'
import { FanOut } from './fan-out.ts'
import type { Reader } from './reader.ts'

export interface FeedOptions {
  readonly broker: Broker
  readonly limits: WindowLimits
  readonly now: () => number
  readonly random: () => number
  readonly report: (error: unknown) => void
  /** Given the commands among the newest entries when the broker has started: they came before, it is not known when. */
  readonly onStart: (commands: readonly Entry[]) => void
  /** Given every new command to the hubs as it comes, before anything newer is delivered. */
  readonly onCommand: (entry: Entry) => void
  /** Given every signal of the hubs on the log, this one's included. */
  readonly onSignal: (text: string) => void
  /** Called when a part of the log is missing: commands in it are unknown here. */
  readonly onBreak: () => void
  /** Called when it changes whether the broker reaches its log. */
  readonly onHealth: (state: 'up' | 'down') => void
}

/** What a turn may gather before it is delivered without waiting for its end. */
const turnLimit = { entries: 1024, bytes: 1_048_576 }

/** The way from the broker to the readers: what comes within a turn goes into the window, and out to them at its end. */
export class Feed {
  readonly fanOut = new FanOut()
  /** Entries that came from the broker, commands included. */
  received = 0
  readonly #options: FeedOptions
  readonly #readers = new Set<Reader>()
  readonly #start: Start
  #log: Log | undefined
  #brokerState: 'starting' | 'up' | 'down' = 'starting'
  #scheduled = false
  #delivering = false
  #ping: { readonly position: string; readonly frames: readonly Frame[] } | undefined

  constructor(options: FeedOptions) {
    this.#options = options
    const { broker, limits, now, random, report, onStart } = options
    this.#start = new Start({
      broker,
      random,
      receiver: this.#receiver(),
      failed: (error) => {
        report(error)
        this.#health('down')
      },
      started: (start) => {
        this.#log = new Log(broker, start, { limits, now, report })
        onStart(start.tail.filter(isCommand))
      },
    })
  }

  /** `undefined` until the broker has started. */
  get log(): Log | undefined {
    return this.#log
  }

  get brokerState(): 'starting' | 'up' | 'down' {
    return this.#brokerState
  }

  /** As `Hub.ready`. */
  get ready(): Promise<void> {
    return this.#start.ready
  }

  /** Starts no more. */
  close(): void {
    this.#start.close(new SseError('closed', 'The hub was closed before its broker had started.'))
  }

  add(reader: Reader): void {
    this.#readers.add(reader)
    for (const channel of reader.channels) this.fanOut.add(channel, reader)
  }

  remove(reader: Reader): void {
    this.#readers.delete(reader)
    for (const channel of reader.channels) this.fanOut.remove(channel, reader)
  }

  /** Delivers what has come in this turn, now instead of at its end. */
  deliver(): void {
    const log = this.#log
    if (!log || this.#delivering) return
    const records = log.undelivered()
    if (records.length === 0) return
    this.#delivering = true
    try {
      this.fanOut.deliver(records, log.delivered)
    } finally {
      log.deliveredTo(records.at(-1)!.seq)
      this.#delivering = false
    }
    log.wake()
  }

  /** The heartbeat of all readers that stand at the head: what they have is delivered first. */
  ping(): readonly Frame[] {
    this.deliver()
    const position = this.#log!.window.headId
    if (this.#ping?.position !== position) this.#ping = { position, frames: [pingFrame(position)] }
    return this.#ping.frames
  }

  #receiver(): Receiver {
    return {
      entries: (batch) => this.#receive(batch),
      discontinuity: ({ reason, head }) => this.#break(reason, head),
      health: (state) => this.#health(state),
      signal: (text) => this.#options.onSignal(text),
    }
  }

  #receive(batch: readonly Entry[]): void {
    const log = this.#log!
    for (const entry of batch) {
      this.received++
      log.append(entry)
      if (isCommand(entry)) this.#options.onCommand(entry)
      else if (log.exceeds(turnLimit)) this.deliver()
    }
    this.#deliverAtEndOfTurn()
  }

  #deliverAtEndOfTurn(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    atEndOfTurn(() => {
      this.#scheduled = false
      this.deliver()
    })
  }

  #break(reason: 'trimmed' | 'forked', head: string): void {
    const log = this.#log!
    this.deliver()
    const requested = log.window.headId
    log.restart(head)
    this.#options.onBreak()
    for (const reader of this.#readers) {
      try {
        reader.skip(reason, requested, head)
      } catch (error) {
        reader.failed(error)
      }
    }
    log.wake()
  }

  #health(state: 'up' | 'down'): void {
    if (state === this.#brokerState) return
    this.#brokerState = state
    this.#options.onHealth(state)
    if (state === 'up') this.#log?.wake()
  }
}
