import { setTimeout as delay } from 'node:timers/promises'
import { SseError } from '@sse/core'
import { closedError } from '@sse/core/internal'
import { type Position, parseId } from '../log/cursor.ts'
import type { Log } from '../log/log.ts'

/** Milliseconds between two looks whether transactions have ended: at first, and after they have been open for long. */
const interval = { min: 3, max: 100 }
/** Milliseconds between two looks at all that has no position. */
const sweepInterval = 60_000
/** How many transactions are remembered. The other processes, and the next look of this one, give positions to what more have published. */
const mostTransactions = 10_000

export interface SequencerOptions {
  readonly log: Log
  /** Called when entries were given positions. */
  readonly onAppended: (newest: Position) => void
}

/** What `publish` within a transaction resolved with, in its parts. */
interface Receipt {
  readonly receipt: string
  readonly xid: string
}

/** Gives positions to what the transactions of this process have published, soon after they commit. */
export class Sequencer {
  readonly #options: SequencerOptions
  /** The transactions that were open when last looked at, and when they published, by the monotonic clock. */
  readonly #open = new Map<string, number>()
  readonly #closing = new AbortController()
  #wake = new AbortController()
  #running: Promise<void> | undefined
  /** By the monotonic clock. */
  #sweepAt = 0

  constructor(options: SequencerOptions) {
    this.#options = options
  }

  /** Called when a transaction has published. */
  watch(xid: string): void {
    if (this.#closing.signal.aborted || this.#open.size >= mostTransactions) return
    if (!this.#open.has(xid)) this.#open.set(xid, performance.now())
    this.#wake.abort()
    this.#running ??= this.#run()
  }

  /** Gives positions to what is committed: at first and now and then to everything, else to what the last batch could not see. */
  async sequence(): Promise<void> {
    const now = performance.now()
    const sweep = now >= this.#sweepAt
    if (sweep) this.#sweepAt = now + sweepInterval
    const appended = await this.#options.log.append([], { sweep })
    if (appended !== 'contended' && appended.drained) this.#options.onAppended(appended.drained)
  }

  /**
   * The id of what was published within a transaction. Resolves when the transaction has committed.
   *
   * @throws (rejected) {SseError} `rolled-back`, `closed`, and errors of the log
   */
  async idOf(text: string): Promise<string> {
    // Of a repeat: the id of what was published first.
    if (parseId(text)) return text
    const { receipt, xid } = parse(text)
    for (let wait = interval.min; ; wait = Math.min(wait * 1.5, interval.max)) {
      if (this.#closing.signal.aborted) throw closedError()
      const isOpen = (await this.#options.log.inProgress([xid])).has(xid)
      if (!isOpen) {
        await this.sequence()
        const id = await this.#options.log.idOf(receipt)
        if (id !== undefined) return id
        throw rolledBack(text)
      }
      await delay(wait, undefined, { signal: this.#closing.signal }).catch(() => {})
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#open.size > 0 && !this.#closing.signal.aborted) {
      await this.#pause()
      if (this.#closing.signal.aborted) break
      try {
        const watched = [...this.#open.keys()]
        const open = await this.#options.log.inProgress(watched)
        await this.sequence()
        for (const xid of watched) if (!open.has(xid)) this.#open.delete(xid)
      } catch {
        // While the log is away, the regular look at the log takes over.
        await delay(interval.max, undefined, { signal: this.#closing.signal }).catch(() => {})
      }
    }
    this.#running = undefined
  }

  /** A transaction that has been open for long is looked at less often. A new one ends the pause. */
  async #pause(): Promise<void> {
    const [newest = 0] = [...this.#open.values()].slice(-1)
    const age = performance.now() - newest
    if (this.#wake.signal.aborted) this.#wake = new AbortController()
    const milliseconds = Math.min(interval.max, Math.max(interval.min, age / 4))
    await delay(interval.min, undefined, { signal: this.#closing.signal }).catch(() => {})
    if (milliseconds > interval.min)
      await delay(milliseconds - interval.min, undefined, { signal: this.#wake.signal }).catch(() => {})
  }
}

/** @throws {SseError} `invalid-cursor` */
function parse(text: unknown): Receipt {
  const [, receipt, xid] = (typeof text === 'string' && /^([0-9]{1,19})\.([0-9]{1,20})$/.exec(text)) || []
  if (receipt !== undefined && xid !== undefined) return { receipt, xid }
  const message = `${JSON.stringify(text)} is not a receipt: pass what publish resolved with, in a transaction.`
  throw new SseError('invalid-cursor', message, { value: text })
}

function rolledBack(text: string): SseError {
  const message = `What was published under the receipt ${text} is not in the log: its transaction or savepoint was rolled back, or the log has trimmed it.`
  return new SseError('rolled-back', message, { value: text })
}
