import type { Broker, Entry, SharedMemoryLog } from '@sse/core'
import { History, type LedgerLog } from '@sse/testbed/ledger'

export const isCommand = ({ channels }: Entry) => channels[0]?.startsWith('sse:') === true

/**
 * What was ever in the log of a run, watched by a broker of its own: ledgers and the brokers that were away ask it, and it never forgets.
 */
export class TrueLog implements LedgerLog {
  readonly forked = false
  readonly #capacity: number
  readonly #entries: Entry[] = []
  readonly #origin: string
  readonly #history: History

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
          watcher!.#entries.push(entry)
          watcher!.#history.add(entry)
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

  excuses(skipped: readonly Entry[]): boolean {
    const oldest = this.length - this.#capacity
    return skipped.length > 0 && skipped.every(({ id }) => this.place(id)! <= oldest)
  }
}
