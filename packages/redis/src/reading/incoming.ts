import type { Connection, Reply } from '../connection/connection.ts'
import { compareAt } from '../log/cursor.ts'
import type { Keys } from '../log/keys.ts'
import { PageSize } from './page-size.ts'
import type { StoredEntry } from '../log/stored-entry.ts'
import { readForwards } from '../log/stored-page.ts'
import type { TransferSize } from '../connection/transfer-size.ts'

/** Entries that are asked for at the most: of what was appended while there was no connection, and of what comes. */
const most = { missed: 512, next: 1_024 }
/** Signals that are taken between two pages of what was missed. */
const signalsMeanwhile = 100

/** What came by one answer. */
export interface Arrivals {
  readonly stored: readonly StoredEntry[]
  readonly signals: readonly string[]
  /** Whether there is more of the log by now. */
  readonly more: boolean
}

/** What comes of the log and of the signals: over each connection first what was missed, by pages, and then what is new, as soon as it comes. */
export class Inbox {
  readonly #keys: Keys
  readonly #timeout: number
  readonly #missed: TransferSize
  readonly #next = new PageSize(most.next)
  /** The connection by which nothing is missed any more. */
  #caughtUp: Connection | undefined
  /** The stream id up to which signals were read. */
  #signal = ''

  /**
   * @param timeout milliseconds that Redis may take to answer
   * @param missed how much is read at a time where it is not known how much there is
   */
  constructor(keys: Keys, timeout: number, missed: TransferSize) {
    this.#keys = keys
    this.#timeout = timeout
    this.#missed = missed
  }

  /** Signals up to this stream id are not told: they are told already, or of no use by now. */
  skipSignals(at: string): void {
    this.#signal = at
  }

  /** The newest signal that is there: behind what was read, the stream is another one. */
  sawSignal(at: string): void {
    if (compareAt(at, this.#signal) < 0) this.#signal = at
  }

  /** What came, to judge how much fits into an answer. */
  saw(entries: readonly { readonly data: string }[]): void {
    this.#next.saw(entries)
  }

  /** @param patience milliseconds to wait for something to come */
  async receive(connection: Connection, at: string, patience: number): Promise<Arrivals> {
    if (connection === this.#caughtUp) return this.#receiveNext(connection, at, patience)
    const arrivals = await this.#receiveMissed(connection, at)
    if (!arrivals.more) this.#caughtUp = connection
    return { ...arrivals, more: true }
  }

  async #receiveMissed(connection: Connection, at: string): Promise<Arrivals> {
    const keys = this.#keys
    const [{ stored, more }, signals] = await Promise.all([
      readForwards(connection, keys, `(${at}`, most.missed, this.#missed),
      connection.send(['XREAD', 'COUNT', String(signalsMeanwhile), 'STREAMS', keys.signals, this.#signal]),
    ])
    return { stored, more, signals: this.#signalsOf(signals) }
  }

  async #receiveNext(connection: Connection, at: string, patience: number): Promise<Arrivals> {
    const { log, signals } = this.#keys
    const block = Math.max(1, Math.ceil(patience))
    const count = this.#next.entries
    const options = ['COUNT', String(count), 'BLOCK', String(block)]
    const reply = await connection.send(
      ['XREAD', ...options, 'STREAMS', log, signals, at, this.#signal],
      block + this.#timeout,
    )
    const stored = streamsOf(reply).get(log) ?? []
    return { stored, signals: this.#signalsOf(reply), more: stored.length === count }
  }

  #signalsOf(reply: Reply): readonly string[] {
    const signals = streamsOf(reply).get(this.#keys.signals) ?? []
    this.#signal = signals.at(-1)?.[0] ?? this.#signal
    return signals.flatMap(([, [name, text]]) => (name === 't' && text !== undefined ? [text] : []))
  }
}

/** What `XREAD` answers: a list of streams in the second version of the protocol, a map of them in the third, nothing without entries. */
function streamsOf(reply: Reply): ReadonlyMap<string, readonly StoredEntry[]> {
  if (reply === null || typeof reply !== 'object') return new Map()
  const streams = Array.isArray(reply) ? reply : Object.entries(reply)
  return new Map(streams as readonly (readonly [string, readonly StoredEntry[]])[])
}
