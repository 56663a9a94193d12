import { setTimeout as delay } from 'node:timers/promises'
import type { Entry, Receiver } from '@sse/core'
import { closedError, ReconnectingConnection } from '@sse/core/internal'
import type { Connection } from '../connection/connection.ts'
import { Health } from '../connection/health.ts'
import type { TransferSize } from '../connection/transfer-size.ts'
import { failureOf, isLasting } from '../failure.ts'
import type { Cursor } from '../log/cursor.ts'
import type { Keys } from '../log/keys.ts'
import { isUntoldLoss, type LogState, lookAt, statusOf, tellFork } from '../log/log-state.ts'
import { type ParsedEntry, parseEntry, publicEntry, type StoredEntry } from '../log/stored-entry.ts'
import type { Settings } from '../options.ts'
import type { NewestAcknowledged } from '../publishing/newest-acknowledged.ts'
import { EntryChain } from './entry-chain.ts'
import { Incoming } from './incoming.ts'
import { TailReading } from './tail-reading.ts'

/** Milliseconds between two checks of the log: while no entry arrives, and while entries arrive. */
const checkInterval = { quiet: 1_000, busy: 10_000 }
/**
 * Milliseconds between a reply with entries and the next read. While much is published one read brings many entries, and costs no more than a
 * read of one entry. The first entry after a silence is not delayed.
 */
const pause = 3
/** How many entries of the tail are used to estimate the size of the next entries. */
const sample = 100

export interface LiveReadingOptions {
  readonly keys: Keys
  readonly settings: Settings
  readonly receiver: Receiver
  readonly connect: (signal: AbortSignal) => Promise<Connection>
  /** The connection by which the broker publishes. */
  readonly commands: ReconnectingConnection<Connection>
  readonly acknowledged: NewestAcknowledged
  /** Of pages whose number of entries is not known. */
  readonly size: TransferSize
}

/** Delivers the tail of the log and then every new entry to a receiver, in the order of the log, by a connection of its own. */
export class LiveReading {
  readonly #options: LiveReadingOptions
  readonly #connection: ReconnectingConnection<Connection>
  readonly #health: Health
  readonly #incoming: Incoming
  /** Until the tail is read. */
  #tailReading: TailReading | undefined
  #onProgress = () => {}
  /** Until `start` has returned it. */
  #started: { readonly head: string; readonly tail: readonly Entry[] } | undefined
  #chain: EntryChain | undefined
  /** The first epoch of the log. */
  #log: string | undefined
  #closed = false

  constructor(options: LiveReadingOptions) {
    this.#options = options
    const { connect, commands, receiver, keys, settings, size } = options
    const onProgress = () => this.#onProgress()
    this.#tailReading = new TailReading({ keys, most: settings.tail, size, onProgress })
    this.#incoming = new Incoming(keys, settings.timeout, size)
    this.#connection = new ReconnectingConnection({
      connect,
      prepare: (connection) => this.#prepare(connection),
    })
    this.#health = new Health([this.#connection, commands], (...told) => receiver.health(...told))
  }

  /** @throws (rejected) {SseError} why the log cannot be reached in time */
  async start(): Promise<{ head: string; tail: readonly Entry[] }> {
    const { settings, commands, keys } = this.#options
    const connections = [this.#connection, commands]
    const failed = Promise.withResolvers<never>()
    failed.promise.catch(() => {})
    let reason: unknown
    const changed = (_: 'up' | 'down', error: unknown) => {
      reason = error ?? reason
      if (isLasting(error)) failed.reject(error)
    }
    const stops = connections.map((connection) => connection.listen(changed))
    const expire = () => failed.reject(reason ?? new Error(`no progress for ${settings.startTimeout} ms`))
    const timer = setTimeout(expire, settings.startTimeout)
    this.#onProgress = () => timer.refresh()
    try {
      const connected = connections.map((connection) => connection.connected())
      await Promise.race([Promise.all(connected), failed.promise])
    } catch (error) {
      this.close()
      throw failureOf(error, keys.log)
    } finally {
      clearTimeout(timer)
      this.#onProgress = () => {}
      for (const stop of stops) stop()
    }
    const started = this.#started
    if (this.#closed || !started || !this.#chain) throw closedError()
    // It is as large as the hub's window.
    this.#started = undefined
    void this.#run(this.#chain)
    return started
  }

  close(): void {
    this.#closed = true
    this.#health.stop()
    this.#connection.close()
  }

  /** Checks the state of the log on each new connection, before anything newer is read. */
  async #prepare(connection: Connection): Promise<void> {
    if (!this.#tailReading) {
      const { signal } = await this.#check(connection, this.#chain!)
      this.#incoming.skipSignals(signal)
      return
    }
    const { head, entries, state } = await this.#tailReading.read(connection)
    this.#tailReading = undefined
    this.#log = state.log
    this.#incoming.skipSignals(state.signal)
    this.#incoming.saw(entries.slice(-sample))
    this.#started = { head: head.id, tail: entries.map(publicEntry) }
    this.#chain = new EntryChain(head, entries)
  }

  async #run(chain: EntryChain): Promise<void> {
    // By the monotonic clock. Signals arrive all the time, so they say nothing about the log.
    let checked = performance.now()
    let received = checked
    while (!this.#closed) {
      let connection: Connection | undefined
      try {
        connection = await this.#connection.connected()
        const { quiet, busy } = checkInterval
        const due = Math.min(Math.max(checked, received) + quiet, checked + busy)
        const wait = due - performance.now()
        const { stored, signals, more } = await this.#incoming.receive(connection, chain.at, wait)
        if (this.#closed) return
        const isWhole = this.#deliver(stored, chain)
        for (const text of signals) this.#options.receiver.signal(text)
        if (stored.length > 0) received = performance.now()
        // After a loss it may be another log.
        if (!isWhole || performance.now() >= due) {
          const { signal } = await this.#check(connection, chain)
          this.#incoming.sawSignal(signal)
          checked = performance.now()
        } else if (!more) await delay(pause)
      } catch (error) {
        connection?.lose(error)
      }
    }
  }

  /** @returns whether the entries continue what was received before */
  #deliver(stored: readonly StoredEntry[], chain: EntryChain): boolean {
    const { receiver } = this.#options
    let batch: Entry[] = []
    let isWhole = true
    const flush = () => {
      if (batch.length > 0) receiver.entries(batch)
      batch = []
    }
    const all: ParsedEntry[] = []
    for (const one of stored) {
      const entry = parseEntry(one)
      if (!entry) {
        chain.skip(one[0])
        continue
      }
      all.push(entry)
      const added = chain.add(entry)
      if (!added) continue
      if (added.missing) {
        flush()
        isWhole = false
        this.#log = undefined
        receiver.discontinuity({ reason: added.missing, head: entry.previous })
      }
      batch.push(publicEntry(entry))
    }
    flush()
    this.#incoming.saw(all)
    return isWhole
  }

  /** Checks whether the log still continues after the chain. After a loss it may continue without the lost entries, or end before them. */
  async #check(connection: Connection, chain: EntryChain): Promise<LogState> {
    const { acknowledged, receiver } = this.#options
    const { cursor } = chain
    const newer = acknowledged.newerThan(cursor)
    if (newer) {
      const state = await this.#tellIfLost(connection, newer)
      if (statusOf(newer, state) === 'forked') acknowledged.forget(newer)
    }
    const state = await this.#tellIfLost(connection, cursor)
    if (this.#closed) return state
    this.#log = state.log
    const status = statusOf(cursor, state)
    if (status === 'complete') return state
    // The entries before the fork are read first. The entry after it shows the fork.
    if (status === 'before-fork' && cursor.at !== state.head.at) return state
    const reason = status === 'trimmed' ? 'trimmed' : 'forked'
    const head = reason === 'trimmed' ? state.base : continuesAt(state, chain)
    chain.moveTo(head)
    receiver.discontinuity({ reason, head: head.id })
    return state
  }

  /** If the log has lost this entry, all brokers have to hear of it, because some may not have received it. */
  async #tellIfLost(connection: Connection, cursor: Cursor): Promise<LogState> {
    const { keys } = this.#options
    const state = await lookAt(connection, keys, cursor)
    if (!isUntoldLoss(cursor, this.#log, state)) return state
    await tellFork(connection, keys, cursor, state)
    return lookAt(connection, keys, cursor)
  }
}

/** Where reading continues after a fork: a log that has begun anew is read from its beginning, any other log from its head. */
function continuesAt({ epoch, head, base }: LogState, chain: EntryChain): Cursor {
  return base.epoch === epoch && !chain.knows(epoch) ? base : head
}
