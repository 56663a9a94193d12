import { atEndOfTurn } from '../../end-of-turn.ts'
import type { Broker, Entry, GapReason, Page } from '../../log/broker.ts'
import { comparePositions } from '../../log/compare-positions.ts'
import type { Window } from '../../log/window.ts'
import { BacklogPage } from './backlog-page.ts'
import { ReadBudgets } from './read-budgets.ts'
import { Throttle } from './throttle.ts'

/** Read when the module loads, so that the fake timers of a test do not stop the hub. */
const { setTimeout } = globalThis

/** The answer to a read. */
export type BacklogAnswer =
  /** The entries of the page from this index on: at least one. */
  | { readonly page: BacklogPage; readonly from: number }
  /** The log does not have everything after the cursor; as in `Page`. */
  | { readonly gap: GapReason; readonly resumeAt: string }
  /** The broker has nothing after the cursor. */
  | 'nothing'
  /** The broker could not read. The error was reported. */
  | 'unreadable'

/** A request of a reader for the entries after a cursor. */
export interface BacklogRead {
  readonly cursor: string
  /** The client whose budget is charged; `undefined` for none. */
  readonly client: string | object | undefined
  /** Must not throw. */
  onAnswer(answer: BacklogAnswer): void
}

/** A read of the broker, and the requests that wait for it. */
interface BrokerRead {
  readonly cursor: string
  readonly reads: Set<BacklogRead>
  readonly abort: AbortController
  readonly generation: number
}

export interface BacklogOptions {
  readonly broker: Broker
  readonly window: Window
  readonly report: (error: unknown) => void
  /**
   * Whether an entry is a command that this process has not carried out yet. No stream may pass it: it may end the stream. `undefined`: it is of
   * another log than this process has received, so `isForked` decides. Default: none is.
   */
  readonly isPending?: ((entry: Entry) => boolean | undefined) | undefined
  /** Whether the log has lost its end, and has begun anew, after what this process has received. */
  readonly isForked?: ((signal: AbortSignal) => Promise<boolean>) | undefined
  /** A monotonic clock, in milliseconds. Default `performance.now`. */
  readonly clock?: (() => number) | undefined
}

/** The maximum number of concurrent reads of the broker. */
const concurrency = 2
/** The minimum, maximum and first number of entries in a page, and its approximate size in bytes. */
const pageSize = { min: 32, max: 2_048, first: 256, bytes: 1_048_576 }
/** The size of the page cache in bytes, without frames, and the time after which it is cleared, in milliseconds. */
const cache = { bytes: 4 * 1024 * 1024, time: 10_000 }
/** Milliseconds after which the work yields to the event loop. */
const timeSlice = 4
/** The share of the process's time for readers that are behind the window, and the milliseconds of a burst. */
const throttle = { share: 0.25, burst: 100 }
/**
 * The maximum milliseconds of a read and of a turn that count as work. During a read the process decodes the answer, but it also waits for the
 * network. During a turn the machine may have suspended the process.
 */
const maxWork = { read: 5, turn: 10 }

/**
 * Reads entries that are older than the window, for all readers together. Pages of the broker are cached and shared. Readers that come from
 * different positions use the same pages after their first one, and each reader handles only the entries of its channels.
 *
 * A cached page stays valid until a fork clears the cache. Its end may not be the end of the log, so the broker is always asked there. A page
 * whose read began before a fork serves only requests from before the fork.
 */
export class Backlog {
  readonly #options: BacklogOptions
  readonly #clock: () => number
  readonly #throttle: Throttle
  readonly #budgets: ReadBudgets
  #pages: BacklogPage[] = []
  #bytes = 0
  #isClearScheduled = false
  /** Changes when cached pages and pending reads may be from a lost branch of the log. */
  #generation = 0
  /** Requests by cursor: those to look up in the cache, and those that the broker must read. */
  readonly #lookups = new Map<string, Set<BacklogRead>>()
  readonly #misses = new Map<string, Set<BacklogRead>>()
  readonly #running = new Set<BrokerRead>()
  #scheduled = false
  /** Whether `#run` was already called in this turn of the event loop. */
  #ranThisTurn = false
  #furthestBackNext = true
  /** Estimated from the pages read so far: it rises at once and falls slowly. The first value makes the first page small. */
  #bytesPerEntry = pageSize.bytes / pageSize.first

  constructor(options: BacklogOptions) {
    const { clock = () => performance.now() } = options
    this.#options = options
    this.#clock = clock
    this.#throttle = new Throttle({ ...throttle, clock })
    this.#budgets = new ReadBudgets(clock)
  }

  /** Adds a request. It is never answered within the call. */
  add(read: BacklogRead): void {
    const { cursor } = read
    const reads = this.#misses.get(cursor) ?? this.#lookups.get(cursor)
    if (reads) reads.add(read)
    else this.#lookups.set(cursor, new Set([read]))
    this.#schedule()
  }

  /** Cancels a request. */
  cancel(read: BacklogRead): void {
    const { cursor } = read
    for (const waiting of [this.#lookups, this.#misses]) {
      const reads = waiting.get(cursor)
      if (reads?.delete(read) && reads.size === 0) waiting.delete(cursor)
    }
    for (const running of this.#running) {
      if (!running.reads.delete(read) || running.reads.size > 0) continue
      this.#running.delete(running)
      running.abort.abort()
      this.#schedule()
    }
  }

  /** Called when the log broke. Pages that were read before are not used for new requests. */
  clear(): void {
    this.#generation++
    this.#pages = []
    this.#bytes = 0
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    const { delay } = this.#throttle
    if (delay > 0) setTimeout(() => this.#run(), delay)
    else if (this.#ranThisTurn) atEndOfTurn(() => this.#run())
    else queueMicrotask(() => this.#run())
  }

  /** Runs once a turn: answers requests from the cache, then starts reads of the broker. */
  #run(): void {
    const started = this.#clock()
    this.#ranThisTurn = true
    atEndOfTurn(() => {
      this.#ranThisTurn = false
    })
    // New pages would replace cached pages that some requests still need.
    if (this.#serve(started + timeSlice)) this.#startReads()
    this.#recordWork(started, maxWork.turn)
    this.#scheduled = false
    if (this.#lookups.size > 0) this.#schedule()
  }

  /** Answers requests from the cache. @returns whether all were handled before `until` */
  #serve(until: number): boolean {
    for (const [cursor, reads] of this.#lookups) {
      const found = this.#find(cursor)
      if (found) {
        const generation = this.#generation
        for (const read of reads) {
          reads.delete(read)
          read.onAnswer(found)
          if (this.#clock() > until || generation !== this.#generation) return false
        }
      } else addAll(this.#misses, cursor, reads)
      this.#lookups.delete(cursor)
    }
    return true
  }

  /** Searches the newest page first, because it reaches furthest. */
  #find(cursor: string): { page: BacklogPage; from: number } | undefined {
    const page = this.#pages.findLast((page) => page.hasNext(cursor))
    return page && { page, from: page.indexAfter(cursor)! }
  }

  #startReads(): void {
    while (this.#running.size < concurrency) {
      const cursor = this.#next()
      if (cursor === undefined) return
      const reads = this.#misses.get(cursor)!
      this.#misses.delete(cursor)
      for (const read of this.#overBudget(cursor, reads)) {
        reads.delete(read)
        read.onAnswer({ gap: 'trimmed', resumeAt: this.#options.window.baseId })
      }
      if (reads.size > 0) void this.#read(cursor, reads)
    }
  }

  /**
   * Every second read is for the request that has waited longest. The others are for the oldest cursor, because its pages will also serve the
   * other readers. Without this, a thousand readers would read the log dozens of times.
   */
  #next(): string | undefined {
    const running = new Set([...this.#running].map(({ cursor }) => cursor))
    this.#furthestBackNext = !this.#furthestBackNext
    let next: string | undefined
    for (const cursor of this.#misses.keys()) {
      // A request does not join a running read, because its page may lack entries that the reader waits for.
      if (running.has(cursor)) continue
      if (next === undefined) next = cursor
      else if (comparePositions(cursor, next) === -1) next = cursor
      if (!this.#furthestBackNext) return next
    }
    return next
  }

  /** The requests of clients that have no budget left, if their cursor is older than the window. About other cursors the broker decides. */
  #overBudget(cursor: string, reads: ReadonlySet<BacklogRead>): BacklogRead[] {
    const isExhausted = ({ client }: BacklogRead) => client !== undefined && this.#budgets.isExhausted(client)
    const exhausted = [...reads].filter(isExhausted)
    const isBehind = exhausted.length > 0 && comparePositions(cursor, this.#options.window.baseId) === -1
    return isBehind ? exhausted : []
  }

  async #read(cursor: string, reads: Set<BacklogRead>): Promise<void> {
    const running = { cursor, reads, abort: new AbortController(), generation: this.#generation }
    const { broker, report } = this.#options
    const { signal } = running.abort
    const started = this.#clock()
    this.#running.add(running)
    let answer: Page | undefined
    try {
      answer = await broker.read(cursor, { limit: this.#pageLimit, signal })
      if ('entries' in answer)
        answer = { ...answer, entries: await this.#untilPending(answer.entries, signal) }
    } catch (error) {
      if (!signal.aborted) report(error)
    }
    if (!this.#running.delete(running)) return
    this.#recordWork(started, maxWork.read)
    const answered = this.#clock()
    this.#answer(running, answer)
    this.#recordWork(answered, maxWork.turn)
    this.#schedule()
  }

  #recordWork(since: number, max: number): void {
    this.#throttle.record(Math.min(this.#clock() - since, max))
  }

  #answer(running: BrokerRead, answer: Page | undefined): void {
    const entries = answer && 'entries' in answer ? answer.entries : []
    if (entries.length > 0) {
      this.#onPage(running, new BacklogPage(running.cursor, entries))
      return
    }
    // Cached pages may be from the lost branch.
    if (answer && 'gap' in answer && answer.gap === 'forked') this.clear()
    for (const read of running.reads) {
      read.onAnswer(answer === undefined ? 'unreadable' : 'gap' in answer ? answer : 'nothing')
    }
  }

  async #untilPending(entries: readonly Entry[], signal: AbortSignal): Promise<readonly Entry[]> {
    const { isPending = () => false, isForked = async () => false } = this.#options
    let forked: boolean | undefined
    for (const [index, entry] of entries.entries()) {
      let pending = isPending(entry)
      if (pending === undefined) {
        forked ??= await isForked(signal)
        pending = forked
      }
      if (pending) return entries.slice(0, index)
    }
    return entries
  }

  #onPage({ cursor, reads, generation }: BrokerRead, page: BacklogPage): void {
    this.#bytesPerEntry = Math.max(page.bytes / page.length, this.#bytesPerEntry * 0.5)
    for (const { client } of reads) {
      if (client !== undefined) this.#budgets.charge(client, page.bytes / reads.size)
    }
    if (generation !== this.#generation) {
      for (const read of reads) read.onAnswer({ page, from: 0 })
      return
    }
    this.#cache(page)
    addAll(this.#lookups, cursor, reads)
    for (const [waiting, others] of this.#misses) {
      if (!page.hasNext(waiting)) continue
      this.#misses.delete(waiting)
      addAll(this.#lookups, waiting, others)
    }
  }

  #cache(page: BacklogPage): void {
    this.#pages.push(page)
    this.#bytes += page.bytes
    // The newest pages are always kept, because their requests were not answered yet.
    while (this.#bytes > cache.bytes && this.#pages.length > concurrency) {
      this.#bytes -= this.#pages.shift()!.bytes
    }
    if (this.#isClearScheduled) return
    this.#isClearScheduled = true
    const timer = setTimeout(() => {
      this.#isClearScheduled = false
      this.#pages = []
      this.#bytes = 0
    }, cache.time)
    timer.unref()
  }

  /** The number of entries that approximately fill a page. */
  get #pageLimit(): number {
    return Math.max(pageSize.min, Math.min(pageSize.max, Math.floor(pageSize.bytes / this.#bytesPerEntry)))
  }
}

function addAll(waiting: Map<string, Set<BacklogRead>>, cursor: string, reads: Iterable<BacklogRead>): void {
  const group = waiting.get(cursor)
  if (!group) waiting.set(cursor, new Set(reads))
  else for (const read of reads) group.add(read)
}
