import type { Scheduler } from 'fast-check'
import type { Broker, Entry, Page, Published, Receiver, Records } from '../../src/log/broker.ts'
import type { SharedLog } from './shared-log.ts'
import type { Meets } from './situations.ts'

export interface ScheduledBrokerOptions {
  /** Entries that `start` answers. */
  readonly tail: number
  /** Entries handed to the hub at a time. */
  readonly batch: number
  /** How much slower than a read's answer a batch travels: readers get ahead of their hub. */
  readonly lag: number
  /** Entries that a `read` answers, if fewer than it was asked for. */
  readonly page: number
}

/** What a broker throws that does not reach its log. */
export class Unreachable extends Error {}

/**
 * A process's way to the shared log. Every request travels there and every answer travels back, each for as long as the scheduler
 * likes: so the log may have moved on, been trimmed or forked when an answer arrives, and a publish may be delivered before it is
 * acknowledged. Only the order of one process's own batches is kept, as every broker must.
 */
export class ScheduledBroker implements Broker {
  /** Whether `start` was answered. */
  started = false
  readonly #log: SharedLog
  readonly #scheduler: Scheduler
  readonly #options: ScheduledBrokerOptions
  readonly #meets: Meets
  #receiver: Receiver | undefined
  /** The head as the hub knows it. */
  #handed = ''
  #polling = false
  #reachable = true
  /** The signals on their way. */
  #heard: Promise<unknown> = Promise.resolve()
  /** Reads that shall fail although everything else works. */
  #failing = 0

  constructor(log: SharedLog, scheduler: Scheduler, options: ScheduledBrokerOptions, meets: Meets) {
    this.#log = log
    this.#scheduler = scheduler
    this.#options = options
    this.#meets = meets
    log.watchers.add(() => void this.#poll())
    log.listeners.add((text) => this.#hear(text))
  }

  /** The head of the log as the hub was told of it. */
  get handed(): string {
    return this.#handed
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    await this.#travel('start asked')
    const { head } = this.#log
    const tail = this.#log.newest(this.#options.tail)
    this.#receiver = receiver
    this.#handed = head
    void this.#poll()
    await this.#travel('start answered')
    this.started = true
    receiver.health(this.#reachable ? 'up' : 'down')
    return { head, tail }
  }

  /** A rejected publish may be in the log all the same: then it is the acknowledgement that was lost. */
  async publish(
    channels: readonly string[],
    message: { event?: string; data: string },
    { record }: { record?: string | undefined } = {},
  ): Promise<Published> {
    await this.#travel('publish asked')
    this.#mustReach()
    const id = this.#log.append(channels, record === undefined ? message : { ...message, record })
    await this.#travel('publish acknowledged')
    if (!this.#reachable) this.#meets('a publish whose acknowledgement is lost')
    this.#mustReach()
    return { id, duplicate: false }
  }

  async read(after: string, { limit }: { limit: number }): Promise<Page> {
    await this.#travel('read asked')
    this.#mustReach()
    if (this.#failing > 0) {
      this.#failing--
      this.#meets('a read that fails')
      throw new Unreachable('a read that fails')
    }
    const page = this.#log.read(after, Math.min(limit, this.#options.page))
    await this.#travel('read answered')
    this.#mustReach()
    if ('entries' in page && page.entries.length > 0) this.#meets('a read that gives events')
    return page
  }

  async records(channels: readonly string[]): Promise<Records> {
    await this.#travel('records asked')
    this.#mustReach()
    const records = this.#log.records(channels)
    await this.#travel('records answered')
    this.#mustReach()
    return records
  }

  /** Signals travel as everything does, and are lost while the log is not reached. */
  async signal(text: string): Promise<void> {
    await this.#travel('signal sent')
    if (this.#reachable) this.#log.signal(text)
  }

  async close(): Promise<void> {
    this.#receiver = undefined
  }

  /** The connection breaks: what is on its way is lost. */
  down(): void {
    this.#reachable = false
    this.#receiver?.health('down')
  }

  up(): void {
    this.#reachable = true
    this.#receiver?.health('up')
    void this.#poll()
  }

  failNextRead(): void {
    this.#failing++
  }

  /** Everything works from now on. */
  heal(): void {
    this.#failing = 0
    this.up()
  }

  /** Each travels by itself, and none overtakes the one before it. */
  #hear(text: string): void {
    this.#heard = this.#heard
      .then(() => this.#travel('signal arrives'))
      .then(() => this.#reachable && this.#receiver?.signal(text))
  }

  /** Asks for what comes after the hub's head, again and again, and hands it over in order. */
  async #poll(): Promise<void> {
    if (this.#polling || !this.#receiver) return
    this.#polling = true
    while (this.#reachable && this.#handed !== this.#log.head) {
      await this.#travel('batch asked')
      const next = this.#log.follow(this.#handed, this.#options.batch)
      for (let step = 0; step < this.#options.lag; step++) await this.#travel('batch answered')
      if (this.#reachable) this.#handOver(this.#receiver, next)
    }
    this.#polling = false
  }

  #handOver(receiver: Receiver, next: ReturnType<SharedLog['follow']>): void {
    if (!this.started) this.#meets('something new before the hub has started')
    if ('reason' in next) {
      this.#meets(`a tail that broke: ${next.reason}`)
      this.#handed = next.head
      receiver.discontinuity(next)
    } else if (next.length > 0) {
      this.#handed = next.at(-1)!.id
      receiver.entries(next)
    }
  }

  #mustReach(): void {
    if (!this.#reachable) throw new Unreachable('the broker does not reach its log')
  }

  #travel(label: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), label)
  }
}
