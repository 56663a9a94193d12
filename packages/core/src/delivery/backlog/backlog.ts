import { atEndOfTurn } from '../../end-of-turn.ts'
import type { Broker, GapReason, Page } from '../../log/broker.ts'
import { comparePositions } from '../../log/compare-positions.ts'
import type { Window } from '../../log/window.ts'
import { BacklogPage } from './backlog-page.ts'
import { Pace } from './pace.ts'
import { ReadBudgets } from './read-budgets.ts'

/** Taken when the module loads, so that a test's fake timers do not stop the hub. */
const { setTimeout } = globalThis

/** What a reader is answered. */
export type BacklogAnswer =
  /** The entries of the page from this place on come next: at least one. */
  | { readonly page: BacklogPage; readonly from: number }
  /** The log cannot give everything; as `Page`. */
  | { readonly gap: GapReason; readonly resumeAt: string }
  /** The broker has nothing after the cursor. */
  | 'nothing'
  /** The broker did not answer; that is reported. */
  | 'unreadable'

/** A reader that waits for what comes after a cursor. */
export interface BacklogRead {
  readonly cursor: string
  /** Whose budget pays for what the broker reads; `undefined`: nobody's. */
  readonly client: string | object | undefined
  /** Must not throw. */
  answered(answer: BacklogAnswer): void
}

/** A page that the broker is asked for, and the readers that asked before it was. */
interface Job {
  readonly cursor: string
  readonly reads: Set<BacklogRead>
  readonly abort: AbortController
  readonly generation: number
}

export interface BacklogOptions {
  readonly broker: Broker
  readonly window: Window
  readonly report: (error: unknown) => void
  /** A monotonic clock, in milliseconds. Default `performance.now`. */
  readonly clock?: (() => number) | undefined
}

/** Pages asked of the broker at the same time. */
const concurrency = 2
/** Entries of a page, at the least, at the most and at first, and about how many bytes it has. */
const page = { fewest: 32, most: 2_048, first: 256, bytes: 1_048_576 }
/** Bytes of pages that are held for other readers, frames not counted, and for how many milliseconds. */
const held = { bytes: 4 * 1024 * 1024, time: 10_000 }
/** Milliseconds after which a turn of the event loop is left to others. */
const slice = 4
/** The part of the process's time that readers behind the window take, after so many milliseconds of it at once. */
const pace = { share: 0.25, burst: 100 }
/**
 * Milliseconds that count at the most: of waiting for a page, because the process decodes the answer meanwhile but does not wait for the
 * network; and of a turn, because a process that the machine has stopped did not work.
 */
const most = { waiting: 5, turn: 10 }

/**
 * What lies behind the window, read for all readers together. A page of the broker is held for a while and shared: readers that come from
 * different positions are in step after their first page, and each pays only for what is on its channels.
 *
 * A page that is held stays right as far as it goes. Its end says nothing about the log's end, so the broker is always asked there. A fork is
 * told before anything is read from a page that was read before it.
 */
export class Backlog {
  readonly #options: BacklogOptions
  readonly #clock: () => number
  readonly #pace: Pace
  readonly #budgets: ReadBudgets
  #pages: BacklogPage[] = []
  #bytes = 0
  #forgetting = false
  /** Changes when the pages held, and those on their way, may be of a branch of the log that is gone. */
  #generation = 0
  /** Readers by cursor: those to be looked for in the pages held, and those that the broker has to be asked for. */
  readonly #ready = new Map<string, Set<BacklogRead>>()
  readonly #missing = new Map<string, Set<BacklogRead>>()
  readonly #running = new Set<Job>()
  #scheduled = false
  /** Whether it has run in this turn of the event loop already. */
  #hadTurn = false
  #furthestBackNext = true
  /** Of the pages read so far: it grows at once and shrinks slowly, from what makes the first page a small one. */
  #bytesPerEntry = page.bytes / page.first

  constructor(options: BacklogOptions) {
    const { clock = () => performance.now() } = options
    this.#options = options
    this.#clock = clock
    this.#pace = new Pace({ ...pace, clock })
    this.#budgets = new ReadBudgets(clock)
  }

  /** A reader waits for its answer, which never comes within the call. */
  add(read: BacklogRead): void {
    const { cursor } = read
    const reads = this.#missing.get(cursor) ?? this.#ready.get(cursor)
    if (reads) reads.add(read)
    else this.#ready.set(cursor, new Set([read]))
    this.#schedule()
  }

  /** A reader no longer waits. */
  leave(read: BacklogRead): void {
    const { cursor } = read
    for (const waiting of [this.#ready, this.#missing]) {
      const reads = waiting.get(cursor)
      if (reads?.delete(read) && reads.size === 0) waiting.delete(cursor)
    }
    for (const job of this.#running) {
      if (!job.reads.delete(read) || job.reads.size > 0) continue
      this.#running.delete(job)
      job.abort.abort()
      this.#schedule()
    }
  }

  /** The log broke: nothing that was read before is given to anyone who asks from now on. */
  forget(): void {
    this.#generation++
    this.#pages = []
    this.#bytes = 0
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    const { rest } = this.#pace
    if (rest > 0) setTimeout(() => this.#run(), rest)
    else if (this.#hadTurn) atEndOfTurn(() => this.#run())
    else queueMicrotask(() => this.#run())
  }

  /** Once a turn: the pages that are held are given out, then the broker is asked for the next ones. */
  #run(): void {
    const started = this.#clock()
    this.#hadTurn = true
    atEndOfTurn(() => {
      this.#hadTurn = false
    })
    // More pages before all have what is held would push that out.
    if (this.#serve(started + slice)) this.#startReads()
    this.#spent(started, most.turn)
    this.#scheduled = false
    if (this.#ready.size > 0) this.#schedule()
  }

  /** @returns whether all were served before the time was up */
  #serve(until: number): boolean {
    for (const [cursor, reads] of this.#ready) {
      const found = this.#find(cursor)
      if (found) {
        const generation = this.#generation
        for (const read of reads) {
          reads.delete(read)
          read.answered(found)
          if (this.#clock() > until || generation !== this.#generation) return false
        }
      } else join(this.#missing, cursor, reads)
      this.#ready.delete(cursor)
    }
    return true
  }

  /** The newest page first: it is the one that knows best what follows. */
  #find(cursor: string): { page: BacklogPage; from: number } | undefined {
    const page = this.#pages.findLast((page) => page.leadsOn(cursor))
    return page && { page, from: page.placeAfter(cursor)! }
  }

  #startReads(): void {
    while (this.#running.size < concurrency) {
      const cursor = this.#next()
      if (cursor === undefined) return
      const reads = this.#missing.get(cursor)!
      this.#missing.delete(cursor)
      for (const read of this.#usedUp(cursor, reads)) {
        reads.delete(read)
        read.answered({ gap: 'trimmed', resumeAt: this.#options.window.baseId })
      }
      if (reads.size > 0) void this.#read(cursor, reads)
    }
  }

  /**
   * Every other page is for the reader that has waited longest. The others are for the one that is furthest back, because it leads all others
   * with it: each reader on its own way, a thousand of them would read the log dozens of times.
   */
  #next(): string | undefined {
    const asked = new Set([...this.#running].map(({ cursor }) => cursor))
    this.#furthestBackNext = !this.#furthestBackNext
    let next: string | undefined
    for (const cursor of this.#missing.keys()) {
      // What is on its way is not joined: it may be older than what the reader knows of.
      if (asked.has(cursor)) continue
      if (next === undefined) next = cursor
      else if (comparePositions(cursor, next) === -1) next = cursor
      if (!this.#furthestBackNext) return next
    }
    return next
  }

  /** Only who is known to be behind the window can go on there: another log's cursor is for the broker to judge. */
  #usedUp(cursor: string, reads: ReadonlySet<BacklogRead>): BacklogRead[] {
    const spenders = [...reads].filter(({ client }) => client !== undefined && this.#budgets.isUsedUp(client))
    const isBehind = spenders.length > 0 && comparePositions(cursor, this.#options.window.baseId) === -1
    return isBehind ? spenders : []
  }

  async #read(cursor: string, reads: Set<BacklogRead>): Promise<void> {
    const job = { cursor, reads, abort: new AbortController(), generation: this.#generation }
    const { broker, report } = this.#options
    const { signal } = job.abort
    const started = this.#clock()
    this.#running.add(job)
    let answer: Page | undefined
    try {
      answer = await broker.read(cursor, { limit: this.#limit, signal })
    } catch (error) {
      if (!signal.aborted) report(error)
    }
    if (!this.#running.delete(job)) return
    this.#spent(started, most.waiting)
    const answered = this.#clock()
    this.#answer(job, answer)
    this.#spent(answered, most.turn)
    this.#schedule()
  }

  #spent(since: number, most: number): void {
    this.#pace.spent(Math.min(this.#clock() - since, most))
  }

  #answer(job: Job, answer: Page | undefined): void {
    if (answer && 'entries' in answer && answer.entries.length > 0) {
      this.#loaded(job, new BacklogPage(job.cursor, answer.entries))
      return
    }
    // Pages that were read before may be of the lost branch.
    if (answer && 'gap' in answer && answer.gap === 'forked') this.forget()
    for (const read of job.reads) {
      read.answered(answer === undefined ? 'unreadable' : 'gap' in answer ? answer : 'nothing')
    }
  }

  #loaded({ cursor, reads, generation }: Job, page: BacklogPage): void {
    this.#bytesPerEntry = Math.max(page.bytes / page.length, this.#bytesPerEntry * 0.5)
    for (const { client } of reads) {
      if (client !== undefined) this.#budgets.charge(client, page.bytes / reads.size)
    }
    if (generation !== this.#generation) {
      for (const read of reads) read.answered({ page, from: 0 })
      return
    }
    this.#hold(page)
    join(this.#ready, cursor, reads)
    for (const [waiting, others] of this.#missing) {
      if (!page.leadsOn(waiting)) continue
      this.#missing.delete(waiting)
      join(this.#ready, waiting, others)
    }
  }

  #hold(page: BacklogPage): void {
    this.#pages.push(page)
    this.#bytes += page.bytes
    // The last ones are held in any case: their readers were not served yet.
    while (this.#bytes > held.bytes && this.#pages.length > concurrency) {
      this.#bytes -= this.#pages.shift()!.bytes
    }
    if (this.#forgetting) return
    this.#forgetting = true
    const timer = setTimeout(() => {
      this.#forgetting = false
      this.#pages = []
      this.#bytes = 0
    }, held.time)
    timer.unref()
  }

  /** As many entries as about fit, by the size of those that were read before. */
  get #limit(): number {
    return Math.max(page.fewest, Math.min(page.most, Math.floor(page.bytes / this.#bytesPerEntry)))
  }
}

function join(waiting: Map<string, Set<BacklogRead>>, cursor: string, reads: Iterable<BacklogRead>): void {
  const group = waiting.get(cursor)
  if (!group) waiting.set(cursor, new Set(reads))
  else for (const read of reads) group.add(read)
}
