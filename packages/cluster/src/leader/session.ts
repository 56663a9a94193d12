import { type EndedChannels, type Records, SseError } from '@sse/core'
import { closedError } from '@sse/core/internal'
import type { MemberLink } from '../member/member-link.ts'
import {
  errorOf,
  type NewEntry,
  type News,
  type Outcome,
  type Started,
  type TailLimits,
  type WirePage,
} from '../wire/messages.ts'
import type { LeaderLog } from './leader-log.ts'

/** What may wait for a member that does not ask. Further signals are dropped. */
const mostSignals = { texts: 1_000, length: 1_048_576 }

/**
 * What the leader knows of a member: little, because the member keeps its own position and asks for what follows it. So a member that is slow
 * costs the leader no memory.
 */
export class Session implements MemberLink {
  readonly #log: LeaderLog
  readonly #onClosed: () => void
  readonly #lost = Promise.withResolvers<unknown>()
  #signals: string[] = []
  #signalLength = 0
  /** Whether it has started: earlier signals are not for it. */
  #isStarted = false
  #toldHealth: 'up' | 'down' | undefined
  #isLost = false
  #isClosing = false

  constructor(log: LeaderLog, onClosed: () => void) {
    this.#log = log
    this.#onClosed = onClosed
  }

  get lost(): Promise<unknown> {
    return this.#lost.promise
  }

  lose(reason: unknown): void {
    this.#isLost = true
    this.#lost.resolve(reason)
    this.#onClosed()
  }

  /** The leader is closing: from now on nothing is appended. */
  close(): void {
    this.#isClosing = true
    this.lose(closedError())
  }

  heard(text: string): void {
    const isFull =
      this.#signals.length >= mostSignals.texts || this.#signalLength + text.length > mostSignals.length
    if (!this.#isStarted || isFull) return
    this.#signals.push(text)
    this.#signalLength += text.length
  }

  start(tail: TailLimits): Promise<Started> {
    this.#isStarted = true
    return this.#log.startOf(tail)
  }

  async next(after: string): Promise<News> {
    this.#isStarted = true
    for (;;) {
      const { news } = this.#log
      const found = await this.#log.after(after)
      const { health } = this.#log
      if (found || this.#signals.length > 0 || health !== this.#toldHealth) {
        const signals = this.#signals
        this.#signals = []
        this.#signalLength = 0
        this.#toldHealth = health
        return { health, signals, ...found }
      }
      await news
      if (this.#isLost) throw closedError()
    }
  }

  read(after: string, limit: number): Promise<WirePage> {
    return this.#log.read(after, limit)
  }

  async records(channels: readonly string[]): Promise<Records> {
    const { broker } = this.#log
    if (!broker.records) throw new SseError('invalid-option', noRecords)
    return broker.records(channels).catch((error) => Promise.reject(errorOf(error)))
  }

  /** A broker without `ended` knows none. */
  async ended(): Promise<EndedChannels> {
    const { broker, head } = this.#log
    if (!broker.ended) return { position: head, channels: [] }
    return broker.ended().catch((error) => Promise.reject(errorOf(error)))
  }

  async publish(batch: readonly NewEntry[]): Promise<readonly Outcome[] | undefined> {
    if (this.#isClosing) return undefined
    const publishing = batch.map(({ channels, event, data, key, record }) =>
      this.#log.broker.publish(channels, { event, data }, { idempotencyKey: key, record }),
    )
    const settled = await Promise.allSettled(publishing)
    return settled.map((one) => (one.status === 'fulfilled' ? one.value : errorOf(one.reason)))
  }

  async signal(texts: readonly string[]): Promise<void> {
    await Promise.all(texts.map((text) => this.#log.broker.signal(text)))
  }
}

const noRecords =
  'The broker that createClusterBroker() was given does not keep records. Use a broker with the method records().'
