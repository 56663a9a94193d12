import { comparePositions } from '@sse/core'
import type { Truth } from '../log/truth.ts'
import { type AppData, job, news } from '../server/app-data.ts'
import type { World } from '../world/world.ts'

/** An item as events and lists carry it. */
export interface ShownItem {
  readonly n: number
  readonly channel: string
}

/** The most processes of a script. */
const mostProcesses = 3

/** An item of a run. */
export interface RunPart {
  readonly run: number
  readonly k: number
}

/** What the ledger asks of its page. */
interface LedgerPage {
  readonly name: string
  readonly user: string
  /** The channels that it asks for now. */
  readonly wanted: ReadonlySet<string>
  /** Whether it loads what it shows. */
  readonly loads: boolean
  /** Whether it is told that what it shows may be incomplete. */
  isStale(): boolean
}

/**
 * What one page was promised against what it was told and shows.
 *
 * - *Order*: ids follow the log. It survives every fault; only a load, a gap or an opening that does not resume begins it anew.
 * - *Once*: no id is told twice between two of those, because the page would show a repetition.
 * - *Nothing missing*: between an id and the next one, the page is told every event on its channels, or a gap, or that what it shows is stale
 *   until a load ends. It survives every fault, because whatever breaks ends in a resume, a gap or a load.
 * - *Its channels only*: it is told nothing of a channel that it never asked for, or may not read.
 * - *Runs*: the items of a run arrive in order, each once. A gap, or a stream that does not resume, may leave some out. So may a load that has
 *   returned a position, between items without an id, which are told in any case, and those with one.
 * - *Volatile events*: the page is told each at most once by each process, and on a channel that it has asked for. Any fault may lose one. A page
 *   that reconnects, or polls, may hear of it from several processes. If it shares a connection and a load leads it back, other tabs have kept it.
 * - *In the end it shows what the app has published*, once the faults are over. Only items that a log lost before any process had read them are
 *   left out, because nobody can know of them.
 */
export class PageLedger {
  readonly shown = new Set<number>()
  /** The channels that it has asked for in this life. */
  readonly asked = new Set<string>()
  /** The channels that it asks for now. */
  readonly wanted: ReadonlySet<string>
  /** The channels that it was told last. */
  confirmed: readonly string[] = []
  /** For each channel, the item after which it must show everything. */
  readonly since = new Map<string, number>()
  readonly #world: World
  readonly #truth: Truth
  readonly #data: AppData
  readonly #name: string
  readonly #user: string
  /** The ids since the last new beginning. */
  readonly #told = new Set<string>()
  /** What came before this position was told or loaded; `undefined` until the first id after a new beginning. */
  #position: string | undefined
  #place = -1
  /** Whether a load has returned the position. */
  #isLoaded = false
  /** Whether a load has returned a position since the last gap or opening that did not resume. */
  #hasLoadedTo = false
  /**
   * Gaps that may still excuse a break in what is told. A gap is told at once, while the events before it may wait for a load.
   */
  #gaps = { ofEvents: 0, ofRuns: 0 }
  #lastGap = 0
  /** When it was told that it is on each channel. Events that wait for a load are told later, so this is compared with when they came. */
  readonly #joined = new Map<string, number>()
  /** What is missing, unless a load ends before the client says that nothing is stale. */
  #doubtful: string | undefined
  readonly #page: LedgerPage
  /** How often each volatile event was told. */
  readonly #heard = new Map<number, number>()
  /** The last part of each run, and whether it came without an id. */
  readonly #parts = new Map<number, { readonly k: number; readonly isBare: boolean }>()

  constructor(world: World, truth: Truth, data: AppData, page: LedgerPage) {
    const { name, user, wanted } = page
    this.#page = page
    this.wanted = wanted
    this.#world = world
    this.#truth = truth
    this.#data = data
    this.#name = name
    this.#user = user
  }

  /** A volatile event. */
  heard({ n, channel }: ShownItem): void {
    this.#note(`heard ${n} ${channel}`)
    this.#checkChannel(channel)
    const times = (this.#heard.get(n) ?? 0) + 1
    if (times > mostProcesses) this.#breach(`was told the volatile event ${n} ${times} times`)
    this.#heard.set(n, times)
  }

  /** @param cursor the client's cursor after the part */
  ran(parts: readonly RunPart[], cursor: string): void {
    this.#note(`ran ${parts.map(({ run, k }) => `${run}.${k}`)}`)
    this.#checkChannel(job)
    const isBare = this.#truth.dataOf(cursor) !== JSON.stringify(parts)
    for (const { run, k } of parts) {
      const before = this.#parts.get(run)
      const isSkipped = this.#hasLoadedTo && before?.isBare && !isBare && k > before.k
      // Items from before a gap may have waited for a load, so the gap was told first.
      if (before && k !== before.k + 1 && !isSkipped && !(k > before.k && this.#takeGap('ofRuns')))
        this.#breach(`was told ${k} of the run ${run} after ${before.k}`)
      this.#parts.set(run, { k, isBare })
    }
  }

  ended(channel: string): void {
    this.#note(`end ${channel}`)
    this.#checkChannel(channel)
  }

  /** The stream was opened. */
  opened(resumed: boolean | null): void {
    this.#note(`open ${resumed}`)
    if (resumed !== true) {
      this.#mayMiss()
      // A tab that shares may be told later that it is on its channels, and joins them then.
      for (const channel of [...this.since.keys()]) if (channel !== news) this.left(channel)
    }
    if (!this.since.has(news)) this.#join(news)
  }

  gap(reason: string): void {
    this.#note(`gap ${reason}`)
    this.#mayMiss()
  }

  channels(channels: readonly string[]): void {
    this.#note(`channels ${channels}`)
    this.confirmed = channels
    for (const channel of channels) {
      if (channel !== news && !this.asked.has(channel))
        this.#breach(`is on ${channel}, which it never asked for`)
      if (channel !== news && !this.#data.mayRead(this.#user, channel)) this.#breach(`was let on ${channel}`)
      const isWanted = channel === news || this.wanted.has(channel)
      if (isWanted && !this.since.has(channel)) this.#join(channel)
    }
    for (const channel of this.since.keys()) if (!channels.includes(channel)) this.left(channel)
  }

  /** It is not on a channel any more, or does not want to be. */
  left(channel: string): void {
    if (channel === job) this.#parts.clear()
    this.since.delete(channel)
    this.#joined.delete(channel)
  }

  /** @param before the channels that it was on when the load began: of those the list has everything */
  loaded(items: readonly ShownItem[], position: string | undefined, before: ReadonlySet<string>): void {
    this.#note(`loaded ${items.length} at ${position}`)
    this.#heard.clear()
    this.shown.clear()
    for (const { n } of items) this.shown.add(n)
    for (const channel of before) if (this.since.has(channel)) this.since.set(channel, 0)
    this.#beginAnew()
    this.#doubtful = undefined
    this.#position = position
    this.#isLoaded = position !== undefined
    this.#hasLoadedTo ||= this.#isLoaded
  }

  /**
   * @param cursor the client's cursor after the event: its id, unless it came without one. While a stream gives the records of a channel, other
   * events come without ids; a load can then not tell whether it has them
   */
  told({ n, channel }: ShownItem, cursor: string): void {
    this.#note(`told ${n} ${channel} ${cursor}`)
    this.#checkDoubtful()
    const id = this.#truth.idOf(n, cursor)
    if (id === undefined) {
      this.#breach(`was told ${n}, which is not in the log`)
      return
    }
    this.#checkChannel(channel)
    // What a stream told without an id before it broke may have waited for a load, and the next stream begins anew.
    const isAgain = id !== cursor && this.#gaps.ofEvents > 0
    if (this.#told.has(id) && !isAgain) this.#breach(`was told ${n} (${id}) twice`)
    this.#told.add(id)
    this.shown.add(n)
    if (id !== cursor) return
    const place = this.#truth.place(id)!
    if (place < this.#place) this.#breach(`was told ${n} (${id}) after a newer event`)
    this.#place = place
    this.#passTo(id)
    this.#position = id
    this.#isLoaded = false
    // It came after the last gap, so everything that had waited then was told.
    if (this.#truth.seenAt(id) > this.#lastGap) this.#gaps = { ofEvents: 0, ofRuns: 0 }
  }

  /** Everything up to an id was told or loaded, the client says. A page that loads nothing lacks what came before its stream began anew. */
  reached(n: number): void {
    this.#note(`reached ${n}`)
    if (this.shown.has(n)) return
    const { channel = '' } = this.#data.items.find((item) => item.n === n) ?? {}
    const isMissed = !this.#page.loads && n <= (this.since.get(channel) ?? n)
    if (!isMissed) this.#breach(`has reached the item ${n}, and does not show it`)
  }

  /** What it should show and does not, when everything has settled. */
  missing(): number[] {
    this.#checkDoubtful()
    return this.#data.items
      .filter(
        ({ n, channel, state }) =>
          state === 'published' &&
          n > (this.since.get(channel) ?? Number.POSITIVE_INFINITY) &&
          !this.shown.has(n),
      )
      .map(({ n }) => n)
  }

  #checkChannel(channel: string): void {
    if (channel === news) return
    if (!this.asked.has(channel)) this.#breach(`was told of ${channel}, which it never asked for`)
    if (!this.#data.mayRead(this.#user, channel)) this.#breach(`was told of ${channel}`)
  }

  #passTo(id: string): void {
    if (this.#position === undefined) return
    const passed = this.#truth.between(this.#position, id)
    if (!passed) {
      // The list is already of another log than the stream. Then a gap follows, and another load.
      if (this.#isLoaded && comparePositions(this.#position, id) === undefined) return
      if (!this.#takeGap('ofEvents'))
        this.#miss(`was told ${id}, which does not follow ${this.#position}, and no gap`)
    }
    for (const entry of passed ?? []) {
      if (entry.event !== 'item' || this.#told.has(entry.id)) continue
      const at = this.#truth.seenAt(entry.id)
      if (!entry.channels.some((channel) => at > (this.#joined.get(channel) ?? Number.POSITIVE_INFINITY)))
        continue
      // What was told before the gap and what comes after it may have waited for one load.
      if (this.#takeGap('ofEvents')) return
      this.#miss(`was told ${id} and not ${entry.id} before it (${entry.data})`)
    }
  }

  #miss(why: string): void {
    if (this.#page.isStale()) this.#doubtful ??= why
    else this.#breach(why)
  }

  #checkDoubtful(): void {
    if (this.#doubtful !== undefined && !this.#page.isStale()) this.#breach(this.#doubtful)
  }

  #join(channel: string): void {
    this.since.set(channel, this.#newest)
    this.#joined.set(channel, this.#world.now)
  }

  /** Events may be missing, and only a load has them. */
  #mayMiss(): void {
    this.#break()
    for (const channel of this.since.keys()) this.since.set(channel, this.#newest)
  }

  #break(): void {
    this.#gaps.ofEvents++
    this.#gaps.ofRuns++
    this.#lastGap = this.#world.now
    this.#hasLoadedTo = false
    this.#beginAnew()
  }

  /** Uses up a gap that excuses a break. @returns whether there was one */
  #takeGap(kind: 'ofEvents' | 'ofRuns'): boolean {
    if (this.#gaps[kind] === 0) return false
    this.#gaps[kind]--
    return true
  }

  #beginAnew(): void {
    this.#told.clear()
    this.#parts.clear()
    this.#position = undefined
    this.#place = -1
  }

  get #newest(): number {
    return this.#data.items.length
  }

  #note(line: string): void {
    this.#world.note(this.#name, line)
  }

  #breach(why: string): void {
    this.#world.violate(`${this.#name} ${why}`)
  }
}
