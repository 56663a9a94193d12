import { atEndOfTurn } from '../end-of-turn.ts'
import { pingFrame } from '../wire/control.ts'
import type { Frame } from '../wire/frame.ts'
import type { Broker, Entry } from './broker.ts'
import { FanOut } from './fan-out.ts'
import { Log } from './log.ts'
import type { Reader } from './reader.ts'
import type { WindowLimits } from './window.ts'

export interface FeedOptions {
  readonly broker: Broker
  readonly limits: WindowLimits
  readonly now: () => number
  readonly report: (error: unknown) => void
  /** Sees every new entry as it comes, before it is delivered. */
  readonly onEntry: (entry: Entry) => void
  /** Told every signal of the hubs on the log, this one's included. */
  readonly onSignal: (text: string) => void
  /** Told whether the broker reaches its log, when that changes. */
  readonly onHealth: (state: 'up' | 'down') => void
}

/** What a turn may gather before it is delivered without waiting for its end. */
const turnLimit = { entries: 1024, bytes: 1_048_576 }

/** The way from the broker to the readers: what comes within a turn goes into the window, and out to them at its end. */
export class Feed {
  readonly fanOut = new FanOut()
  readonly #options: FeedOptions
  readonly #readers = new Set<Reader>()
  #started: Promise<void> | undefined
  #log: Log | undefined
  /** What was told before the broker said where the log stands. */
  #early: (() => void)[] = []
  #brokerState: 'starting' | 'up' | 'down' = 'starting'
  #scheduled = false
  #delivering = false
  #ping: { readonly position: string; readonly frames: readonly Frame[] } | undefined

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /** `undefined` until the broker has started. */
  get log(): Log | undefined {
    return this.#log
  }

  get brokerState(): 'starting' | 'up' | 'down' {
    return this.#brokerState
  }

  /** Resolves when the broker has started. */
  get ready(): Promise<void> {
    this.#started ??= this.#start()
    return this.#started
  }

  async #start(): Promise<void> {
    const { broker, limits, now, report } = this.#options
    const start = await broker.start({
      entries: (batch) => this.#receive(batch),
      discontinuity: ({ reason, head }) => this.#break(reason, head),
      health: (state) => this.#health(state),
      signal: (text) => this.#options.onSignal(text),
    })
    this.#log = new Log(broker, start, { limits, now, report })
    for (const tell of this.#early) tell()
    this.#early = []
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
    this.fanOut.deliver(records, log.delivered)
    log.deliveredTo(records.at(-1)!.seq)
    this.#delivering = false
    log.wake()
  }

  /** The heartbeat of all readers that stand at the head: what they have is delivered first. */
  ping(): readonly Frame[] {
    this.deliver()
    const position = this.#log!.window.headId
    if (this.#ping?.position !== position) this.#ping = { position, frames: [pingFrame(position)] }
    return this.#ping.frames
  }

  #receive(batch: readonly Entry[]): void {
    const log = this.#log
    if (!log) {
      this.#early.push(() => this.#receive(batch))
      return
    }
    for (const entry of batch) {
      log.append(entry)
      this.#options.onEntry(entry)
      if (log.exceeds(turnLimit)) this.deliver()
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
    const log = this.#log
    if (!log) {
      this.#early.push(() => this.#break(reason, head))
      return
    }
    this.deliver()
    const requested = log.window.headId
    log.restart(head)
    for (const reader of this.#readers) reader.skip(reason, requested, head)
    log.wake()
  }

  #health(state: 'up' | 'down'): void {
    if (state === this.#brokerState) return
    this.#brokerState = state
    this.#options.onHealth(state)
    if (state === 'up') this.#log?.wake()
  }
}
