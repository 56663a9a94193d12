import { type Entry, type Receiver, SseError } from '@sse/core'
import { closedError } from '@sse/core/internal'
import { type Cursor, formatId, type Position } from '../log/cursor.ts'
import type { Log, LogRow } from '../log/log.ts'
import type { Settings } from '../options.ts'
import { stateOfPrimary } from './read-page.ts'

/** Entries and bytes of data in one page at most. */
const most = { entries: 1_024, bytes: 1_048_576 }
/** Signals that are read at a time. */
const signalsAtATime = 100
/**
 * Milliseconds between a page with entries and the next one. While much is published one read brings many entries, and costs little more than a
 * read of one entry. The first entry after a silence is not delayed.
 */
const pause = 2
/** Milliseconds before the log is read again after a failure: the first, doubled after each failure, and the limit. */
const backoff = { base: 50, max: 1_000 }

export interface LiveReadingOptions {
  readonly log: Log
  readonly settings: Settings
  readonly receiver: Receiver
}

/** Delivers the tail of the log and then every new entry to a receiver, in the order of the log. */
export class LiveReading {
  readonly #options: LiveReadingOptions
  #cursor: Cursor | undefined
  /** The newest rows that this process has appended and not received, by position. */
  #acknowledged: Position[] = []
  #signal = 0n
  #isUp = false
  /** Whether notifications arrive. */
  #isNotified = false
  /** When the last regular look began, by the monotonic clock. */
  #looked = Number.NEGATIVE_INFINITY
  #hasNews = false
  #hasSignals = false
  #wake: (() => void) | undefined
  #closed = false
  #running: Promise<void> | undefined

  constructor(options: LiveReadingOptions) {
    this.#options = options
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** The last row that was received. Set by `start`. */
  get cursor(): Cursor {
    return this.#cursor!
  }

  get isNotified(): boolean {
    return this.#isNotified
  }

  /** Reads the tail. @throws (rejected) {SseError} */
  async start(): Promise<{ head: string; tail: readonly Entry[] }> {
    const { log, settings } = this.#options
    const { head } = await stateOfPrimary(log)
    const signal = await log.newestSignal()
    const tail = await readTail(log, head, settings.tail)
    if (this.#closed) throw closedError()
    this.#cursor = head
    this.#signal = signal
    return { head: formatId(head), tail }
  }

  /**
   * Delivers what is new, from now on.
   *
   * @param sequence gives positions to what is committed. Called with each regular look at the log
   */
  run(sequence: () => Promise<void>): void {
    this.#setUp(true)
    this.#hasNews = true
    this.#running = this.#run(sequence)
  }

  /** Notifications arrive from now on, or no longer. */
  setNotified(isNotified: boolean): void {
    this.#isNotified = isNotified
    // Until now some may have been lost.
    this.wake('anything')
  }

  /** Something is new. */
  wake(what: 'entries' | 'signals' | 'anything'): void {
    if (what !== 'signals') this.#hasNews = true
    if (what !== 'entries') this.#hasSignals = true
    this.#wake?.()
  }

  /** This process has appended an entry. If the log loses it, all processes have to hear of the loss. */
  acknowledged(newest: Position): void {
    this.#acknowledged.push(newest)
    this.wake('entries')
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#wake?.()
    await this.#running
  }

  async #run(sequence: () => Promise<void>): Promise<void> {
    let failures = 0
    while (!this.#closed) {
      try {
        const left = this.#looked + this.#interval - performance.now()
        if (left > 0 && !this.#hasNews && !this.#hasSignals) await this.#sleep(left)
        if (this.#closed) return
        // Also while there is news all the time: what another process has left is found only by a look.
        if (left <= 0 || !this.#isUp) await this.#look(sequence)
        else if (this.#hasNews || this.#hasSignals) await this.#readNews()
        failures = 0
      } catch (error) {
        if (this.#closed) return
        await this.#restore(error)
        this.#setUp(false, error)
        this.#hasNews = true
        const milliseconds = Math.min(backoff.base * 2 ** failures++, backoff.max)
        await this.#sleep(milliseconds * (0.5 + Math.random()), { wakes: false })
      }
    }
  }

  /** Makes the tables again if they were deleted. */
  async #restore(error: unknown): Promise<void> {
    const { log, settings } = this.#options
    const isGone = error instanceof SseError && error.code === 'log-gone'
    if (isGone && settings.migrate) await log.migrate().catch(() => {})
  }

  get #interval(): number {
    const { settings } = this.#options
    return this.#isNotified ? settings.poll.listening : settings.poll.polling
  }

  /** Reads what notifications have told. */
  async #readNews(): Promise<void> {
    const [news, signals] = [this.#hasNews, this.#hasSignals]
    this.#hasNews = false
    this.#hasSignals = false
    const [more] = await Promise.all([news && this.#readEntries(), signals && this.#readSignals()])
    if (more) this.#hasNews = true
    else if (news && !this.#closed) await this.#sleep(pause, { wakes: false })
  }

  /** The regular look at the log, in case a notification was lost; and the first one after a failure. */
  async #look(sequence: () => Promise<void>): Promise<void> {
    const { log } = this.#options
    const wasUp = this.#isUp
    this.#looked = performance.now()
    this.#hasNews = false
    this.#hasSignals = false
    // After a crash, or on another server, the numbers of signals may have begun anew. Signals that were missed are lost.
    if (!wasUp) this.#signal = await log.newestSignal()
    await sequence()
    let more = await this.#readEntries({ isLook: true })
    while (more && !this.#closed) more = await this.#readEntries()
    if (wasUp) await this.#readSignals()
    if (!this.#closed) this.#setUp(true)
  }

  /** @returns whether there is more */
  async #readEntries({ isLook = false } = {}): Promise<boolean> {
    const { log } = this.#options
    const cursor = this.#cursor!
    const { epoch, head, rows } = await log.from(cursor.position, most)
    if (this.#closed) return false
    const [own, ...news] = rows
    if (!own || own.position !== cursor.position || own.nonce !== cursor.nonce || epoch !== cursor.epoch) {
      await this.#lost()
      return true
    }
    this.#deliver(news)
    await this.#checkAcknowledged(news, isLook || news.length > 0)
    return this.#cursor!.position !== head && news.length > 0
  }

  #deliver(rows: readonly LogRow[]): void {
    const { receiver } = this.#options
    let batch: Entry[] = []
    const flush = () => {
      if (batch.length > 0) receiver.entries(batch)
      batch = []
    }
    for (const row of rows) {
      this.#cursor = { epoch: this.cursor.epoch, position: row.position, nonce: row.nonce }
      if (row.entry) batch.push(row.entry)
      else {
        flush()
        receiver.discontinuity({ reason: 'forked', head: formatId(this.#cursor) })
      }
    }
    flush()
  }

  /** The log does not have the last row that was received. */
  async #lost(): Promise<void> {
    const { log, receiver } = this.#options
    const cursor = this.#cursor!
    const { base, head } = await stateOfPrimary(log)
    const isTrimmed = cursor.epoch === head.epoch && cursor.position < base.position
    if (!isTrimmed && cursor.epoch === head.epoch) {
      // The other processes may not have received it, so they cannot know that it is lost.
      await log.fork(cursor)
      this.#acknowledged = []
    }
    const at = isTrimmed ? base : (await stateOfPrimary(log)).head
    if (this.#closed) return
    this.#cursor = at
    receiver.discontinuity({ reason: isTrimmed ? 'trimmed' : 'forked', head: formatId(at) })
  }

  /** Whether everything that this process has appended is there. If not, it was lost before any process has received it. */
  async #checkAcknowledged(rows: readonly LogRow[], isRead: boolean): Promise<void> {
    if (this.#acknowledged.length === 0 || !isRead) return
    const { log } = this.#options
    const nonces = new Map(rows.map(({ position, nonce }) => [position, nonce]))
    const reached = this.#cursor!.position
    const isHere = ({ position, nonce }: Position) => nonces.get(position) === nonce
    const passed = this.#acknowledged.filter((one) => one.position <= reached)
    const missing = passed.filter((one) => nonces.has(one.position) && !isHere(one))
    this.#acknowledged = this.#acknowledged.filter((one) => one.position > reached)
    for (const lost of missing) await log.fork(lost)
    if (rows.length > 0 || this.#acknowledged.length === 0) return
    // The log ends before what was appended.
    const newest = this.#acknowledged.at(-1)!
    const state = await stateOfPrimary(log)
    if (state.head.position >= newest.position) return
    await log.fork(newest)
    this.#acknowledged = []
  }

  async #readSignals(): Promise<void> {
    const { log, receiver } = this.#options
    for (;;) {
      const signals = await log.signalsAfter(this.#signal, signalsAtATime)
      if (this.#closed) return
      for (const { number, text } of signals) {
        this.#signal = number
        receiver.signal(text)
      }
      if (signals.length < signalsAtATime) return
    }
  }

  #setUp(isUp: boolean, cause?: unknown): void {
    if (this.#isUp === isUp) return
    this.#isUp = isUp
    this.#options.receiver.health(isUp ? 'up' : 'down', cause)
  }

  /** Resolves when the time has passed, or, if it wakes, something is new. */
  #sleep(milliseconds: number, { wakes = true } = {}): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(end, milliseconds)
      this.#wake = () => {
        if (wakes || this.#closed) end()
      }
      if (this.#closed) end()
    })
  }
}

/** Reads the newest entries, oldest first. Entries before a place where the log has lost some belong to another history, so they are left out. */
async function readTail(
  log: Log,
  head: Cursor,
  limits: { readonly entries: number; readonly bytes: number },
): Promise<readonly Entry[]> {
  const newestFirst: Parameters<Log['entriesOf']>[0][number][] = []
  let bytes = 0
  for (let from = head.position; ; ) {
    const rows = await log.before(from, most)
    for (const row of rows) {
      newestFirst.push(row)
      const { data, header } = row
      bytes += typeof data === 'string' ? data.length : 0
      const isEnd = header === null || newestFirst.length > limits.entries || bytes > limits.bytes
      if (isEnd) return entriesAfterFirst(log, newestFirst.toReversed(), head.epoch)
    }
    const oldest = rows.at(-1)
    if (!oldest) return entriesAfterFirst(log, newestFirst.toReversed(), head.epoch)
    from = BigInt(String(oldest['position'])) - 1n
  }
}

/** The first row is only the position before the others. */
function entriesAfterFirst(log: Log, rows: Parameters<Log['entriesOf']>[0], epoch: string): readonly Entry[] {
  return log
    .entriesOf(rows, epoch)
    .slice(1)
    .flatMap(({ entry }) => entry ?? [])
}
