import type { Broker, Entry, SharedMemoryLog } from '@sse/core'
import { RecordHistory, type RecordLog } from '@sse/testbed/channels'
import { History, type LedgerLog } from '@sse/testbed/ledger'

export const isCommand = ({ channels }: Entry) => channels[0]?.startsWith('sse:') === true

/**
 * What was ever in the log of a run, watched by a broker of its own: ledgers and the brokers that were away ask it, and it never forgets.
 */
export class TrueLog implements LedgerLog, RecordLog {
  readonly forked = false
  readonly #capacity: number
  readonly #entries: Entry[] = []
  readonly #origin: string
  readonly #history: History
  readonly #records = new RecordHistory()
  /** The channels whose newest entry is an end, after each entry that changed them. */
  readonly #ended: { readonly place: number; readonly channels: ReadonlySet<string> }[] = [
    { place: 0, channels: new Set() },
  ]

  private constructor(origin: string, capacity: number) {
    this.#origin = origin
    this.#capacity = capacity
    this.#history = new History(origin, isCommand)
  }

  /** @param capacity entries that the log holds */
  static async watch(
    log: SharedMemoryLog,
    capacity: number,
    added: (entry: Entry) => void,
  ): Promise<{ log: TrueLog; broker: Broker }> {
    const broker = log.connect()
    let watcher: TrueLog | undefined
    const { head } = await broker.start({
      entries: (batch) => {
        for (const entry of batch) {
          watcher!.#add(entry)
          added(entry)
        }
      },
      discontinuity() {},
      health() {},
      signal() {},
    })
    watcher = new TrueLog(head, capacity)
    return { log: watcher, broker }
  }

  get length(): number {
    return this.#entries.length
  }

  get head(): string {
    return this.back(0)
  }

  /** The position so many entries before the head, whether it is still held or not. */
  back(count: number): string {
    return this.#entries.at(-1 - count)?.id ?? this.#origin
  }

  /** What comes after a position: all of it, or where the log begins when it does not reach back so far. */
  since(position: string): readonly Entry[] | { readonly head: string } {
    const place = this.place(position)!
    const oldest = Math.max(0, this.length - this.#capacity)
    return place >= oldest ? this.#entries.slice(place) : { head: this.back(this.length - oldest) }
  }

  /** Where a gap ended that an answer tells without saying so: before its first event at the latest, and where the log begins or, after a cursor that is unknown, at its head. */
  endOfGap(reason: string, first: string | undefined, cursor: string): string {
    const latest = first === undefined ? cursor : (this.#history.get(first)?.previous ?? cursor)
    if (reason === 'unknown') return latest
    const oldest = Math.max(0, this.length - this.#capacity)
    return (this.place(latest) ?? 0) <= oldest ? latest : this.back(this.length - oldest)
  }

  standing(id: string): string {
    return this.#history.standing(id)
  }

  place(id: string): number | undefined {
    return this.#history.place(id)
  }

  /** The position before an entry. */
  before(id: string): string {
    return this.#history.get(id)?.previous ?? id
  }

  between(from: string, to: string): readonly Entry[] | undefined {
    return this.#history.between(from, to)
  }

  isOwnForm(id: string): boolean {
    return /^[0-9a-f]{16}-\d+$/.test(id)
  }

  recordsAt(position: string, channel: string): readonly Entry[] {
    const last = this.place(position)!
    return this.#records.at(channel, ({ id }) => this.place(id)! <= last)
  }

  /** The channels whose newest entry is an end. */
  get ended(): ReadonlySet<string> {
    return this.#ended.at(-1)!.channels
  }

  /** Whether one of these channels was over at a place of the log, or has been since. */
  hasEnded(channels: Iterable<string>, since: number): boolean {
    const before = this.#ended.findLastIndex(({ place }) => place <= since)
    return this.#ended
      .slice(before)
      .some(({ channels: ended }) => [...channels].some((channel) => ended.has(channel)))
  }

  /** Up to so many entries of these channels that are the newest before a place, of the newest `held` events. */
  newest(count: number, channels: readonly string[], before: number, held: number): readonly Entry[] {
    const events = this.#entries.slice(0, before).filter((entry) => !isCommand(entry))
    const window = held === 0 ? [] : events.slice(-held)
    return window
      .filter((entry) => entry.channels.some((channel) => channels.includes(channel)))
      .slice(-count)
  }

  #add(entry: Entry): void {
    this.#entries.push(entry)
    this.#history.add(entry)
    this.#records.add(entry)
    const now = new Set(this.ended)
    for (const channel of entry.channels)
      if (entry.event === 'sse.end') now.add(channel)
      else now.delete(channel)
    if (now.size !== this.ended.size) this.#ended.push({ place: this.length, channels: now })
  }

  excuses(skipped: readonly Entry[]): boolean {
    const oldest = this.length - this.#capacity
    return skipped.length > 0 && skipped.every(({ id }) => this.place(id)! <= oldest)
  }
}
