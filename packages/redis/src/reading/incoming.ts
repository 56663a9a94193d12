import type { Connection, Reply } from '../connection/connection.ts'
import type { TransferSize } from '../connection/transfer-size.ts'
import { compareAt } from '../log/cursor.ts'
import type { Keys } from '../log/keys.ts'
import type { StoredEntry } from '../log/stored-entry.ts'
import { readStored } from '../log/stored-page.ts'
import { PageSize } from './page-size.ts'

/** Entries in one reply at most: of those that were missed without a connection, and of new ones. */
const most = { missed: 512, next: 1_024 }
/** Signals that are read between two pages of missed entries. */
const signalsMeanwhile = 100

/** The content of one reply. */
export interface Arrivals {
  readonly stored: readonly StoredEntry[]
  readonly signals: readonly string[]
  /** Whether the log has more by now. */
  readonly more: boolean
}

/** Receives entries and signals. Each new connection first reads the missed entries, page by page, and then waits for new ones. */
export class Incoming {
  readonly #keys: Keys
  readonly #timeout: number
  readonly #missed: TransferSize
  readonly #next = new PageSize(most.next)
  /** The connection that has read everything that was missed. */
  #caughtUp: Connection | undefined
  /** The stream id of the last signal that was read. */
  #signal = ''

  /**
   * @param timeout milliseconds that Redis may take to reply
   * @param missed the size of the pages of what was missed
   */
  constructor(keys: Keys, timeout: number, missed: TransferSize) {
    this.#keys = keys
    this.#timeout = timeout
    this.#missed = missed
  }

  /** Skips the signals up to this stream id: they were delivered, or are outdated. */
  skipSignals(at: string): void {
    this.#signal = at
  }

  /** Hears the stream id of the newest signal. If it is older than the last one that was read, the stream has begun anew. */
  sawSignal(at: string): void {
    if (compareAt(at, this.#signal) < 0) this.#signal = at
  }

  /** Hears which entries arrived, to estimate how many fit into the next reply. */
  saw(entries: readonly { readonly data: string }[]): void {
    this.#next.saw(entries)
  }

  /**
   * @param at the stream id of the last entry that was received
   * @param wait milliseconds to wait until something is new
   */
  async receive(connection: Connection, at: string, wait: number): Promise<Arrivals> {
    if (connection === this.#caughtUp) return this.#receiveNext(connection, at, wait)
    const arrivals = await this.#receiveMissed(connection, at)
    if (!arrivals.more) this.#caughtUp = connection
    return { ...arrivals, more: true }
  }

  async #receiveMissed(connection: Connection, at: string): Promise<Arrivals> {
    const keys = this.#keys
    const limits = { most: most.missed, size: this.#missed }
    const [{ stored, more }, signals] = await Promise.all([
      readStored(connection, keys, 'XRANGE', `(${at}`, limits),
      connection.send(['XREAD', 'COUNT', String(signalsMeanwhile), 'STREAMS', keys.signals, this.#signal]),
    ])
    return { stored, more, signals: this.#signalsOf(signals) }
  }

  async #receiveNext(connection: Connection, at: string, wait: number): Promise<Arrivals> {
    const { log, signals } = this.#keys
    const block = Math.max(1, Math.ceil(wait))
    const count = this.#next.entries
    const options = ['COUNT', String(count), 'BLOCK', String(block)]
    const args = ['XREAD', ...options, 'STREAMS', log, signals, at, this.#signal]
    const reply = await connection.send(args, block + this.#timeout)
    const stored = streamsOf(reply).get(log) ?? []
    return { stored, signals: this.#signalsOf(reply), more: stored.length === count }
  }

  #signalsOf(reply: Reply): readonly string[] {
    const signals = streamsOf(reply).get(this.#keys.signals) ?? []
    this.#signal = signals.at(-1)?.[0] ?? this.#signal
    return signals.flatMap(([, [name, text]]) => (name === 't' && text !== undefined ? [text] : []))
  }
}

/** The reply of `XREAD`: a list of streams in RESP2, a map of streams in RESP3, null without entries. */
function streamsOf(reply: Reply): ReadonlyMap<string, readonly StoredEntry[]> {
  if (reply === null || typeof reply !== 'object') return new Map()
  const streams = Array.isArray(reply) ? reply : Object.entries(reply)
  return new Map(streams as readonly (readonly [string, readonly StoredEntry[]])[])
}
