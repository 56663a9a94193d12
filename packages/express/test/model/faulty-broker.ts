import type { Broker, EndedChannels, Entry, Page, Published, Receiver, Records } from '@sse/core'
import { Unreachable } from './errors.ts'
import type { Holds } from './holds.ts'
import { isCommand, type TrueLog } from './true-log.ts'

/** Told before the hub is. */
export interface Watcher {
  /** The streams of a key end; `undefined`: those of all keys may end, because the hub does not know what it missed. */
  disconnects(key: string | undefined): void
}

/** The broker of one process, and its faults in the hands of the commands. */
export class FaultyBroker implements Broker {
  /** The newest entry that the hub was handed; `undefined` before its start. */
  handed: string | undefined
  /** Events that were handed to the hub since its start, or since it missed some: its window holds the newest of them. */
  events = 0
  /** When the connection to the log was lost. */
  downSince: number | undefined
  holdsReads = false
  losesAck = false
  readonly #broker: Broker
  readonly #log: TrueLog
  readonly #holds: Holds
  readonly #watcher: Watcher
  #failingStarts: number
  /** Whether there is more to hand over before what comes. */
  #isBehind = false
  #receiver: Receiver | undefined

  constructor(broker: Broker, log: TrueLog, holds: Holds, watcher: Watcher, failingStarts: number) {
    this.#broker = broker
    this.#log = log
    this.#holds = holds
    this.#watcher = watcher
    this.#failingStarts = failingStarts
  }

  get isDown(): boolean {
    return this.downSince !== undefined
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    if (this.#failingStarts > 0 || this.isDown) {
      this.#failingStarts--
      throw new Unreachable('start')
    }
    this.#receiver = receiver
    const started = await this.#broker.start({
      ...receiver,
      entries: (batch) => {
        if (!this.isDown && !this.#isBehind) this.#hand(batch)
      },
      health() {},
      signal: (text) => {
        if (!this.isDown) receiver.signal(text)
      },
    })
    // Something may have been handed over before this answer came.
    this.handed ??= started.head
    for (const entry of started.tail) this.#note(entry)
    receiver.health(this.isDown ? 'down' : 'up')
    return started
  }

  async publish(...args: Parameters<Broker['publish']>): Promise<Published> {
    this.#mustReach()
    const lost = this.losesAck
    this.losesAck = false
    const published = await this.#broker.publish(...args)
    if (lost || this.isDown) throw new Unreachable('an acknowledgement')
    return published
  }

  async read(...args: Parameters<Broker['read']>): Promise<Page> {
    await this.#mayRead()
    return this.#broker.read(...args)
  }

  async records(channels: readonly string[]): Promise<Records> {
    await this.#mayRead()
    return this.#broker.records!(channels)
  }

  async ended(): Promise<EndedChannels> {
    await this.#mayRead()
    return this.#broker.ended!()
  }

  async signal(text: string): Promise<void> {
    if (!this.isDown) await this.#broker.signal(text)
  }

  async close(): Promise<void> {
    this.#receiver = undefined
    await this.#broker.close()
  }

  down(): void {
    if (this.isDown) return
    this.downSince = performance.now()
    this.#receiver?.health('down')
  }

  /** Reaches its log again, and hands over what was published meanwhile, and while it does that. */
  up(): void {
    if (!this.isDown) return
    this.downSince = undefined
    if (!this.#receiver || this.handed === undefined) return
    this.#isBehind = true
    for (let missed = this.#log.since(this.handed); ; missed = this.#log.since(this.handed)) {
      if ('head' in missed) this.#skipTo(missed.head)
      else if (missed.length > 0) this.#hand(missed)
      else break
    }
    this.#isBehind = false
    this.#receiver?.health('up')
  }

  #skipTo(head: string): void {
    this.handed = head
    this.events = 0
    this.#watcher.disconnects(undefined)
    this.#receiver?.discontinuity({ reason: 'trimmed', head })
  }

  #hand(batch: readonly Entry[]): void {
    if (!this.#receiver || batch.length === 0) return
    this.handed = batch.at(-1)!.id
    for (const entry of batch) this.#note(entry)
    this.#receiver.entries(batch)
  }

  #note(entry: Entry): void {
    if (isCommand(entry)) this.#watcher.disconnects(JSON.parse(entry.data).key)
    else this.events++
  }

  async #mayRead(): Promise<void> {
    this.#mustReach()
    if (this.holdsReads) await this.#holds.wait({ what: 'a read' })
    this.#mustReach()
  }

  #mustReach(): void {
    if (!this.isDown) return
    throw new Unreachable('the broker does not reach its log')
  }
}
