import type { Published, SseError } from '@sse/core'
import {
  busySentence,
  closedError,
  logFailure,
  type Pending,
  PublishQueue,
  type ReconnectingConnection,
} from '@sse/core/internal'
import { failureOf, unconfirmedError } from '../failure.ts'
import type { NewEntry, Outcome } from '../wire/messages.ts'
import { type MemberLink, replaced } from './member-link.ts'

/** What one batch contains at most. */
const mostOfBatch = { entries: 1_024, bytes: 1_048_576 }

type PendingPublish = NewEntry & Pending

export interface WriterOptions {
  readonly link: ReconnectingConnection<MemberLink>
  /** Of the log, for errors. */
  readonly path: string
  readonly timeout: number
}

/**
 * Publishes that are made while a batch is under way are sent as the next batch. If the reply to a batch is lost, only publishes with an
 * idempotency key are sent again, because the others may be in the log.
 */
export class Writer {
  readonly #options: WriterOptions
  readonly #queue: PublishQueue<NewEntry>
  #running: Promise<void> | undefined
  #isClosing = false

  constructor(options: WriterOptions) {
    this.#options = options
    this.#queue = new PublishQueue(options.timeout, this.#timeoutError)
  }

  publish(entry: NewEntry): Promise<Published> {
    const promise = this.#queue.add(entry, bytesOf(entry))
    if (!promise) return Promise.reject(logFailure('log-busy', this.#options.path, busySentence))
    this.#running ??= this.#run()
    return promise
  }

  /** Resolves when all publishes are settled. */
  async close(): Promise<void> {
    this.#isClosing = true
    if (!this.#options.link.current) this.#queue.rejectAll(closedError())
    await this.#running
  }

  async #run(): Promise<void> {
    // The publishes of this turn are one batch.
    await new Promise((resolve) => setImmediate(resolve))
    const { link, timeout } = this.#options
    while (!this.#queue.isEmpty) {
      let connected: MemberLink
      try {
        connected = await link.connected(timeout)
      } catch {
        if (this.#isClosing) this.#queue.rejectAll(closedError())
        else if (link.closed !== undefined) this.#queue.rejectAll(link.closed)
        continue
      }
      await this.#append(connected)
    }
    // No await between the last look at the queue and this: a later publish runs again.
    this.#running = undefined
  }

  async #append(link: MemberLink): Promise<void> {
    const batch = this.#queue.takeBatch(mostOfBatch)
    if (batch.length === 0) return
    try {
      const outcomes = await link.publish(batch.map(newEntryOf))
      if (outcomes) this.#settle(batch, outcomes)
      else await this.#sendAgain(link, batch)
    } catch (error) {
      for (const publish of batch)
        if (publish.key === undefined)
          this.#queue.reject(publish, unconfirmedError(this.#options.path, error))
      await this.#sendAgain(link, batch)
    }
  }

  #settle(batch: readonly PendingPublish[], outcomes: readonly Outcome[]): void {
    for (const [index, publish] of batch.entries()) {
      const outcome = outcomes[index]
      if (outcome && 'id' in outcome) this.#queue.resolve(publish, outcome)
      else this.#queue.reject(publish, outcome ?? this.#timeoutError(publish))
    }
  }

  /** With the next link. */
  async #sendAgain(link: MemberLink, batch: readonly PendingPublish[]): Promise<void> {
    this.#queue.requeue(batch)
    if (this.#isClosing) this.#queue.rejectAll(closedError())
    else await replaced(link)
  }

  readonly #timeoutError = (publish: PendingPublish): SseError => {
    if (this.#isClosing) return closedError()
    const { link, path } = this.#options
    return publish.sent ? unconfirmedError(path, link.error) : failureOf(link.error, path)
  }
}

function newEntryOf({ channels, event, data, key, record }: PendingPublish): NewEntry {
  return { channels, event, data, key, record }
}

/** About how many bytes an event takes. */
function bytesOf({ channels, data }: NewEntry): number {
  return Buffer.byteLength(data) + channels.reduce((sum, channel) => sum + channel.length, 100)
}
