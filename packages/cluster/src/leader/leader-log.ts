import { type Broker, comparePositions, type Entry, type Page, type Receiver, SseError } from '@sse/core'
import { closedError, PageReads } from '@sse/core/internal'
import {
  type Batch,
  errorOf,
  type News,
  type Started,
  type TailLimits,
  type WirePage,
} from '../wire/messages.ts'
import { firstOf, mostOfReply, RecentEntries } from './recent-entries.ts'
import { Session } from './session.ts'

/** The log of the leader: the broker that the app has created, and the sessions of the members. */
export class LeaderLog {
  readonly broker: Broker
  readonly #sessions = new Set<Session>()
  readonly #pages: PageReads
  /** Until the broker has started. */
  #recent: RecentEntries | undefined
  #health: 'up' | 'down' = 'up'
  /** Resolves at the end of the turn in which something is new. */
  #news = Promise.withResolvers<void>()
  #isTold = false
  #closed = false

  private constructor(broker: Broker) {
    this.broker = broker
    this.#pages = new PageReads((after, limit) =>
      broker.read(after, { limit, signal: new AbortController().signal }),
    )
  }

  /** @throws (rejected) what the app's function throws, and why its broker does not start */
  static async open(createBroker: () => Broker): Promise<LeaderLog> {
    const broker = createBroker()
    if (typeof broker?.start !== 'function') {
      const message = 'The option broker must return a broker, such as () => createSqliteBroker(file).'
      throw new SseError('invalid-option', message, { value: broker })
    }
    const log = new LeaderLog(broker)
    try {
      await log.#start()
      return log
    } catch (error) {
      await broker.close().catch(() => {})
      throw error
    }
  }

  get health(): 'up' | 'down' {
    return this.#health
  }

  get head(): string {
    return this.#started.head
  }

  /** Resolves when something is new. Ask for it before you look. */
  get news(): Promise<void> {
    return this.#news.promise
  }

  join(): Session {
    const session = new Session(this, () => this.#sessions.delete(session))
    this.#sessions.add(session)
    return session
  }

  /** @returns `undefined` if there is nothing after the position yet */
  async after(position: string): Promise<Pick<News, 'batch' | 'gap'> | undefined> {
    const recent = this.#started.after(position)
    if (recent) return recent.entries.length > 0 ? { batch: recent } : undefined
    const page = await this.#read(position, mostOfReply.entries)
    if ('entries' in page)
      return page.entries.length > 0 ? { batch: { entries: firstOf(page.entries) } } : undefined
    const reason = page.gap === 'unknown' ? 'forked' : page.gap
    return { gap: { reason, head: this.#resumeAfter(position, page.resumeAt, reason) } }
  }

  async startOf(tail: TailLimits): Promise<Started> {
    const base = this.#started.baseOf(tail)
    const page = await this.#read(base, 1)
    return { base: 'gap' in page ? page.resumeAt : base, head: this.#started.head }
  }

  async read(after: string, limit: number): Promise<WirePage> {
    const page = await this.#read(after, limit)
    if ('gap' in page) return page
    const batch: Batch = { entries: firstOf(page.entries) }
    return { batch, done: page.done && batch.entries.length === page.entries.length }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const session of this.#sessions) session.close()
    this.#pages.close()
    this.#news.promise.catch(() => {})
    this.#news.reject(closedError())
    await this.broker.close()
  }

  async #start(): Promise<void> {
    const early: Entry[] = []
    const receiver: Receiver = {
      entries: (batch) => {
        if (!this.#recent) early.push(...batch)
        else {
          this.#recent.add(batch)
          this.#tell()
        }
      },
      discontinuity: ({ head }) => {
        this.#recent?.reset(head)
        this.#tell()
      },
      health: (state) => {
        this.#health = state
        this.#tell()
      },
      signal: (text) => {
        for (const session of this.#sessions) session.heard(text)
        this.#tell()
      },
    }
    const { head, tail } = await this.broker.start(receiver)
    const recent = new RecentEntries(tail[0]?.previous ?? head)
    recent.add([...tail, ...early])
    this.#recent = recent
  }

  async #read(after: string, limit: number): Promise<Page> {
    try {
      return await this.#pages.read(after, limit, new AbortController().signal)
    } catch (error) {
      throw errorOf(error)
    }
  }

  get #started(): RecentEntries {
    if (this.#closed || !this.#recent) throw closedError()
    return this.#recent
  }

  /** What is new within a turn is told together. */
  #tell(): void {
    if (this.#isTold) return
    this.#isTold = true
    setImmediate(() => {
      this.#isTold = false
      if (this.#closed) return
      this.#news.resolve()
      this.#news = Promise.withResolvers()
    })
  }

  /**
   * Where a member continues after a gap. If the log has lost its end, the member may have received everything that is left, so it continues at
   * the head. A log that has begun anew is read from its beginning.
   */
  #resumeAfter(position: string, resumeAt: string, reason: 'trimmed' | 'forked'): string {
    const isSameLog = reason === 'forked' && comparePositions(position, resumeAt) !== undefined
    return isSameLog ? this.#started.head : resumeAt
  }
}
