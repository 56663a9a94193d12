import { setTimeout as delay } from 'node:timers/promises'
import type { Entry, Receiver } from '@sse/core'
import type { Acknowledged } from './acknowledged.ts'
import { Boot } from './boot.ts'
import type { Connection, Reply } from './connection.ts'
import { type Cursor, compareAt } from './cursor.ts'
import { closedError, failureOf, isLasting } from './failure.ts'
import { Health } from './health.ts'
import type { Keys } from './keys.ts'
import { Line } from './line.ts'
import { isUntold, type LogState, lookAt, tellFork, verdictOn } from './log-state.ts'
import type { Settings } from './options.ts'
import { PageSize } from './page-size.ts'
import { Position } from './position.ts'
import { type LogEntry, publicEntry, type StoredEntry, toEntry } from './stored-entry.ts'
import { readForwards } from './stored-page.ts'
import type { TransferSize } from './transfer-size.ts'

/** Milliseconds between two looks at the log while no entry comes; and while entries come. */
const looks = { quiet: 1_000, busy: 10_000 }
/**
 * Milliseconds between an answer that brought something and the next question: when much is published a question brings many entries, and
 * costs no more than one that brings one. What comes after a silence is not held up.
 */
const breath = 3
/** Entries that are asked for at the most: of what came meanwhile, and of what comes. */
const most = { missed: 512, next: 1_024 }

export interface TailOptions {
  readonly keys: Keys
  readonly settings: Settings
  readonly receiver: Receiver
  readonly connect: (signal: AbortSignal) => Promise<Connection>
  /** By which the broker publishes. */
  readonly writing: Line
  readonly acknowledged: Acknowledged
  /** How much is read at a time where it is not known how much there is. */
  readonly size: TransferSize
}

/** What came by one answer, and whether there is more of the log. */
interface Arrivals {
  readonly stored: readonly StoredEntry[]
  readonly more: boolean
  readonly signals: readonly string[]
}

/** Hands what is appended to a receiver, in the order of the log, over a connection of its own. */
export class Tail {
  readonly #options: TailOptions
  readonly #reading: Line
  readonly #health: Health
  readonly #size = new PageSize(most.next)
  #booted: { readonly head: string; readonly tail: readonly Entry[]; readonly position: Position } | undefined
  /** Which log it is: its first epoch. */
  #log = ''
  /** The stream id up to which signals were read. */
  #signal = ''
  #closed = false
  readonly #boot: Boot
  #onProgress = () => {}

  constructor(options: TailOptions) {
    this.#options = options
    const { connect, writing, receiver, keys, settings, size } = options
    this.#boot = new Boot({ keys, most: settings.tail, size, onProgress: () => this.#onProgress() })
    this.#reading = new Line({ connect, greet: (connection) => this.#greet(connection) })
    this.#health = new Health([this.#reading, writing], (state) => receiver.health(state))
  }

  /** @throws (rejected) {SseError} why the log cannot be reached in time */
  async start(): Promise<{ head: string; tail: readonly Entry[] }> {
    const { settings, writing, keys } = this.#options
    const refused = Promise.withResolvers<never>()
    refused.promise.catch(() => {})
    let reason: unknown
    const heard = (_: 'up' | 'down', error: unknown) => {
      reason = error ?? reason
      if (isLasting(error)) refused.reject(error)
    }
    const stops = [this.#reading.listen(heard), writing.listen(heard)]
    const late = () =>
      refused.reject(reason ?? new Error(`nothing came of it for ${settings.startTimeout} ms`))
    const timer = setTimeout(late, settings.startTimeout)
    this.#onProgress = () => timer.refresh()
    try {
      await Promise.race([Promise.all([this.#reading.connected(), writing.connected()]), refused.promise])
    } catch (error) {
      this.close()
      throw failureOf(error, keys.log)
    } finally {
      clearTimeout(timer)
      this.#onProgress = () => {}
      for (const stop of stops) stop()
    }
    if (this.#closed || !this.#booted) throw closedError()
    const { head, tail } = this.#booted
    void this.#run(this.#booted.position)
    return { head, tail }
  }

  close(): void {
    this.#closed = true
    this.#health.stop()
    this.#reading.close()
  }

  /** What is done first on a connection: where the log stood is seen before anything newer is read. */
  async #greet(connection: Connection): Promise<void> {
    if (this.#booted) {
      const { signal } = await this.#look(connection, this.#booted.position)
      // Those from before may have been told, and are of no use by now.
      this.#signal = signal
      return
    }
    const { head, tail, state } = await this.#boot.read(connection)
    this.#log = state.log
    this.#signal = state.signal
    this.#size.saw(tail.slice(-most.next))
    this.#booted = { head: head.id, tail: tail.map(publicEntry), position: new Position(head, tail) }
  }

  async #run(position: Position): Promise<void> {
    // By the monotonic clock. Signals come all the time: that something came says nothing of the log.
    let looked = performance.now()
    let received = looked
    let caughtUp: Connection | undefined
    while (!this.#closed) {
      let connection: Connection | undefined
      try {
        connection = await this.#reading.connected()
        const due = Math.min(Math.max(looked, received) + looks.quiet, looked + looks.busy)
        const { stored, signals, more } =
          connection === caughtUp
            ? await this.#next(connection, position.at, due - performance.now())
            : await this.#missed(connection, position.at)
        if (this.#closed) return
        this.#handOver(stored, position)
        for (const text of signals) this.#options.receiver.signal(text)
        if (stored.length > 0) received = performance.now()
        if (connection !== caughtUp) caughtUp = more ? undefined : connection
        else if (performance.now() >= due) {
          const { signal } = await this.#look(connection, position)
          if (compareAt(signal, this.#signal) < 0) this.#signal = signal
          looked = performance.now()
        } else if (!more) await delay(breath)
      } catch (error) {
        connection?.lose(error)
      }
    }
  }

  /** What was appended while there was no connection, perhaps much: a page of it, and the signals of meanwhile. */
  async #missed(connection: Connection, at: string): Promise<Arrivals> {
    const { keys, size } = this.#options
    const [{ stored, more }, signals] = await Promise.all([
      readForwards(connection, keys, `(${at}`, most.missed, size),
      connection.send(['XREAD', 'COUNT', '100', 'STREAMS', keys.signals, this.#signal]),
    ])
    return { stored, more, signals: this.#signalsOf(signals) }
  }

  /** The next entries and signals; none when there were none for a while. */
  async #next(connection: Connection, at: string, patience: number): Promise<Arrivals> {
    const { keys, settings } = this.#options
    const block = Math.max(1, Math.ceil(patience))
    const count = this.#size.entries
    const options = ['COUNT', String(count), 'BLOCK', String(block)]
    const reply = await connection.send(
      ['XREAD', ...options, 'STREAMS', keys.log, keys.signals, at, this.#signal],
      block + settings.timeout,
    )
    const stored = streamsOf(reply).get(keys.log) ?? []
    return { stored, more: stored.length === count, signals: this.#signalsOf(reply) }
  }

  #signalsOf(reply: Reply): readonly string[] {
    const signals = streamsOf(reply).get(this.#options.keys.signals) ?? []
    this.#signal = signals.at(-1)?.[0] ?? this.#signal
    return signals.flatMap(([, [name, text]]) => (name === 't' && text !== undefined ? [text] : []))
  }

  #handOver(stored: readonly StoredEntry[], position: Position): void {
    const { receiver } = this.#options
    let batch: LogEntry[] = []
    const flush = () => {
      if (batch.length > 0) receiver.entries(batch.map(publicEntry))
      batch = []
    }
    const all: LogEntry[] = []
    for (const one of stored) {
      const entry = toEntry(one)
      if (entry) all.push(entry)
      const step = entry && position.step(entry)
      if (!entry) position.skip(one[0])
      if (step?.missing) {
        flush()
        receiver.discontinuity({ reason: step.missing, head: step.entry.previous })
      }
      if (step) batch.push(step.entry)
    }
    flush()
    this.#size.saw(all)
  }

  /** Whether the log still goes on from the position. After a loss it may do so without what was lost, or stand where nothing comes. */
  async #look(connection: Connection, position: Position): Promise<LogState> {
    const { acknowledged, receiver } = this.#options
    const { cursor } = position
    const beyond = acknowledged.beyond(cursor)
    if (beyond) {
      const state = await this.#tellIfLost(connection, beyond)
      if (verdictOn(beyond, state) === 'forked') acknowledged.forget(beyond)
    }
    const state = await this.#tellIfLost(connection, cursor)
    if (this.#closed) return state
    this.#log = state.log
    const verdict = verdictOn(cursor, state)
    if (verdict === 'complete') return state
    // What is held before the fork comes first; the fork shows with the entry behind it.
    if (verdict === 'before-fork' && cursor.at !== state.head.at) return state
    const reason = verdict === 'trimmed' ? 'trimmed' : 'forked'
    const head = reason === 'trimmed' ? state.base : goesOnAt(state, position)
    position.moveTo(head)
    receiver.discontinuity({ reason, head: head.id })
    return state
  }

  /** What was in the log and is lost was perhaps never seen by others: they are told. */
  async #tellIfLost(connection: Connection, cursor: Cursor): Promise<LogState> {
    const { keys } = this.#options
    const state = await lookAt(connection, keys, cursor)
    if (!isUntold(cursor, this.#log, state)) return state
    await tellFork(connection, keys, cursor, state)
    return lookAt(connection, keys, cursor)
  }
}

/** What `XREAD` answers: a list of streams in the second version of the protocol, a map of them in the third, nothing without entries. */
function streamsOf(reply: Reply): ReadonlyMap<string, readonly StoredEntry[]> {
  if (reply === null || typeof reply !== 'object') return new Map()
  const streams = Array.isArray(reply) ? reply : Object.entries(reply)
  return new Map(streams as readonly (readonly [string, readonly StoredEntry[]])[])
}

/** Where reading goes on after a fork: all of a log that was begun since is new, what is new in another one is not known. */
function goesOnAt({ epoch, head, base }: LogState, position: Position): Cursor {
  return base.epoch === epoch && !position.knows(epoch) ? base : head
}
