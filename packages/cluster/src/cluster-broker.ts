import {
  type Broker,
  type BrokerMessage,
  type BrokerPublishOptions,
  type EndedChannels,
  type Entry,
  type Page,
  type Published,
  type Receiver,
  type Records,
  SseError,
} from '@sse/core'
import { closedError, PageReads, SignalQueue } from '@sse/core/internal'
import { failureOf, isLasting } from './failure.ts'
import { LiveReading } from './member/live-reading.ts'
import { isAnswer, type MemberLink, replaced } from './member/member-link.ts'
import { Membership } from './member/membership.ts'
import { Writer } from './member/writer.ts'
import type { Settings } from './options.ts'

/** Milliseconds that a signal waits while another process takes over, which it does within a few. Then the signal is dropped. */
const signalTimeout = 1_000

/** What the first use of the broker opens. */
interface Opened {
  readonly membership: Membership
  readonly writer: Writer
  readonly pages: PageReads
  readonly signals: SignalQueue
}

/** The broker. Its first use joins the processes that share the log. */
export class ClusterBroker implements Broker {
  readonly #settings: Settings
  #live: LiveReading | undefined
  #opened: Opened | undefined
  #closed: Promise<void> | undefined

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    const { membership } = this.#use()
    if (this.#live) {
      const message = 'The broker has a hub already: give each hub a broker of its own.'
      throw new SseError('invalid-option', message)
    }
    const live = new LiveReading(membership.link, receiver)
    this.#live = live
    try {
      const started = await this.#startInTime(live, membership)
      live.run()
      return started
    } catch (error) {
      live.close()
      if (this.#closed) throw closedError()
      // `start` may be called again. Until then nothing remains, so that the process can end.
      this.#live = undefined
      this.#opened = undefined
      const failure = failureOf(error, this.#settings.path)
      await membership.close(failure)
      throw failure
    }
  }

  async publish(
    channels: readonly string[],
    { event, data }: BrokerMessage,
    { idempotencyKey: key, record }: BrokerPublishOptions = {},
  ): Promise<Published> {
    return this.#use().writer.publish({ channels: [...channels], event, data, key, record })
  }

  async read(after: string, { limit, signal }: { limit: number; signal: AbortSignal }): Promise<Page> {
    signal.throwIfAborted()
    return this.#use().pages.read(after, limit, signal)
  }

  async records(channels: readonly string[]): Promise<Records> {
    const { membership } = this.#use()
    const names = [...channels]
    return this.#ask(membership, (link) => link.records(names))
  }

  async ended(): Promise<EndedChannels> {
    const { membership } = this.#use()
    return this.#ask(membership, (link) => link.ended())
  }

  async signal(text: string): Promise<void> {
    return this.#use().signals.send(text)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#live?.close()
    this.#opened?.pages.close()
    await Promise.all([this.#opened?.signals.close(), this.#opened?.writer.close()])
    await this.#opened?.membership.close()
  }

  #use(): Opened {
    if (this.#closed) throw closedError()
    this.#opened ??= this.#open()
    return this.#opened
  }

  #open(): Opened {
    const { path, timeout } = this.#settings
    const membership = new Membership(this.#settings)
    const { link } = membership
    const writer = new Writer({ link, path, timeout })
    const pages = new PageReads((after, limit) =>
      this.#ask(membership, async (link) => {
        const page = await link.read(after, limit)
        return 'batch' in page ? { entries: page.batch.entries, done: page.done } : page
      }),
    )
    const signals = new SignalQueue({
      isUp: () => true,
      send: async (texts) => (await link.connected(signalTimeout)).signal(texts),
    })
    return { membership, writer, pages, signals }
  }

  /** Asks the leader, and the next one if it ends meanwhile. @throws (rejected) {SseError} */
  async #ask<T>({ link }: Membership, ask: (link: MemberLink) => Promise<T>): Promise<T> {
    const { path, timeout } = this.#settings
    const deadline = performance.now() + timeout
    for (;;) {
      let connected: MemberLink | undefined
      try {
        connected = await link.connected(Math.max(1, deadline - performance.now()))
        return await ask(connected)
      } catch (error) {
        if (this.#closed) throw closedError()
        if (!connected || isAnswer(error) || performance.now() >= deadline) throw failureOf(error, path)
        await replaced(connected)
      }
    }
  }

  async #startInTime(
    live: LiveReading,
    { link }: Membership,
  ): Promise<{ head: string; tail: readonly Entry[] }> {
    const { startTimeout, tail } = this.#settings
    const failed = Promise.withResolvers<never>()
    let reason: unknown
    const stop = link.listen((_, error) => {
      reason = error ?? reason
      if (isLasting(error)) failed.reject(error)
    })
    const expire = () => failed.reject(reason ?? new Error(`no reply for ${startTimeout} ms`))
    const timer = setTimeout(expire, startTimeout)
    try {
      return await Promise.race([live.start(tail), failed.promise])
    } finally {
      clearTimeout(timer)
      stop()
    }
  }
}
