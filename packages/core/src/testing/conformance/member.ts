import assert from 'node:assert/strict'
import type { Broker, EndedChannels, Entry, Page, Published, Records } from '../../log/broker.ts'
import { assertChain } from './agreement.ts'
import { Recorder } from './recorder.ts'
import { within } from './within.ts'

/** One of the brokers on a log, with what it has told its receiver. Every call fails rather than hangs. */
export class Member {
  readonly broker: Broker
  readonly recorder: Recorder
  /** What `start` answered. */
  head = ''
  tail: readonly Entry[] = []
  started = false
  closed = false
  readonly #patience: number

  /** @param patience milliseconds that a call may take */
  constructor(broker: Broker, patience: number) {
    this.broker = broker
    this.recorder = new Recorder(patience)
    this.#patience = patience
  }

  /** The position before all that it knows. */
  get base(): string {
    return this.tail[0]?.previous ?? this.head
  }

  /** All that it knows of the log: the tail, and what it received since. */
  get known(): Entry[] {
    return [...this.tail, ...this.recorder.received]
  }

  async start(): Promise<this> {
    const { head, tail } = await this.#settled(this.broker.start(this.recorder), 'start')
    this.head = head
    this.tail = tail
    this.started = true
    return this
  }

  publish(
    data: string,
    {
      channels = ['a'],
      event,
      key,
      record,
    }: { channels?: readonly string[]; event?: string | undefined; key?: string; record?: string } = {},
  ): Promise<Published> {
    const options = key === undefined && record === undefined ? undefined : { idempotencyKey: key, record }
    return this.#settled(this.broker.publish(channels, { event, data }, options), 'publish')
  }

  /** Publishes one after the other; answers the ids. */
  async publishAll(data: readonly string[]): Promise<string[]> {
    const ids: string[] = []
    for (const text of data) ids.push((await this.publish(text)).id)
    return ids
  }

  read(after: string, limit = 100, signal: AbortSignal = new AbortController().signal): Promise<Page> {
    return this.#settled(this.broker.read(after, { limit, signal }), `read after ${JSON.stringify(after)}`)
  }

  /** Everything after a cursor, read page by page. @throws when there is a gap, or a page is none */
  async readOn(after: string, limit = 100): Promise<Entry[]> {
    const entries: Entry[] = []
    for (let cursor = after; ; ) {
      const page = await this.read(cursor, limit)
      assert.ok('entries' in page, `read tells a gap after ${cursor}: ${JSON.stringify(page)}`)
      assert.ok(
        page.entries.length <= limit,
        `read answers ${page.entries.length} entries, the limit was ${limit}`,
      )
      assertChain(cursor, page.entries, `the page after ${cursor}`)
      entries.push(...page.entries)
      if (page.done) return entries
      assert.ok(
        page.entries.length > 0,
        `read answers a page that has no entry and is not done, after ${cursor}`,
      )
      cursor = page.entries.at(-1)!.id
    }
  }

  /** Resolves once it has received the entry with this id. */
  has(id: string): Promise<void> {
    return this.recorder.until(
      () =>
        this.recorder.received.some((entry) => entry.id === id) || this.tail.some((entry) => entry.id === id),
      `the receiver is handed the entry ${id}`,
    )
  }

  records(channels: readonly string[]): Promise<Records> {
    assert.ok(this.broker.records, 'a broker with records has the method')
    return this.#settled(this.broker.records(channels), 'records')
  }

  ended(): Promise<EndedChannels> {
    assert.ok(this.broker.ended, 'a broker that knows ended channels has the method')
    return this.#settled(this.broker.ended(), 'ended')
  }

  signal(text: string): Promise<void> {
    return this.#settled(this.broker.signal(text), 'signal')
  }

  /** Resolves once it has received this signal. */
  hears(text: string): Promise<void> {
    return this.recorder.until(
      () => this.recorder.signals.includes(text),
      `the receiver is told the signal ${text.slice(0, 40)}`,
    )
  }

  close(): Promise<void> {
    this.closed = true
    return this.#settled(this.broker.close(), 'close')
  }

  #settled<T>(promise: Promise<T>, what: string): Promise<T> {
    const settled = within(this.#patience, promise, `${what} settles`)
    // A case may fail before it comes to look at this one.
    settled.catch(() => {})
    return settled
  }
}
