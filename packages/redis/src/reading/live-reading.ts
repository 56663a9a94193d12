import { setTimeout as delay } from 'node:timers/promises'
import type { Entry, Receiver } from '@sse/core'
import type { Acknowledged } from '../publishing/newest-acknowledged.ts'
import { Boot } from './tail-reading.ts'
import type { Connection } from '../connection/connection.ts'
import type { Cursor } from '../log/cursor.ts'
import { closedError, failureOf, isLasting } from '../failure.ts'
import { Health } from '../connection/health.ts'
import { Inbox } from './incoming.ts'
import type { Keys } from '../log/keys.ts'
import { Line } from '../connection/reconnecting-connection.ts'
import { isUntold, type LogState, lookAt, tellFork, verdictOn } from '../log/log-state.ts'
import type { Settings } from '../options.ts'
import { Position } from './entry-chain.ts'
import { type LogEntry, publicEntry, type StoredEntry, toEntry } from '../log/stored-entry.ts'
import type { TransferSize } from '../connection/transfer-size.ts'

/** Milliseconds between two looks at the log while no entry comes; and while entries come. */
const looks = { quiet: 1_000, busy: 10_000 }
/**
 * Milliseconds between an answer that brought something and the next question: when much is published a question brings many entries, and
 * costs no more than one that brings one. What comes after a silence is not held up.
 */
const breath = 3
/** Entries of the tail by which it is judged how large those that follow are. */
const sample = 100
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

/** Hands what is appended to a receiver, in the order of the log, over a connection of its own. */
export class Tail {
  readonly #options: TailOptions
  readonly #reading: Line
  readonly #health: Health
  readonly #inbox: Inbox
  #boot: Boot | undefined
  #onProgress = () => {}
  #booted: { readonly head: string; readonly tail: readonly Entry[] } | undefined
  #position: Position | undefined
  /** Which log it is: its first epoch. */
  #log = ''
  #closed = false

  constructor(options: TailOptions) {
    this.#options = options
    const { connect, writing, receiver, keys, settings, size } = options
    this.#boot = new Boot({ keys, most: settings.tail, size, onProgress: () => this.#onProgress() })
    this.#inbox = new Inbox(keys, settings.timeout, size)
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
    const booted = this.#booted
    if (this.#closed || !booted || !this.#position) throw closedError()
    // What it holds is as large as the hub's window.
    this.#booted = undefined
    void this.#run(this.#position)
    return booted
  }

  close(): void {
    this.#closed = true
    this.#health.stop()
    this.#reading.close()
  }

  /** What is done first on a connection: where the log stood is seen before anything newer is read. */
  async #greet(connection: Connection): Promise<void> {
    if (!this.#boot) {
      const { signal } = await this.#look(connection, this.#position!)
      this.#inbox.skipSignals(signal)
      return
    }
    const { head, tail, state } = await this.#boot.read(connection)
    this.#boot = undefined
    this.#log = state.log
    this.#inbox.skipSignals(state.signal)
    this.#inbox.saw(tail.slice(-sample))
    this.#booted = { head: head.id, tail: tail.map(publicEntry) }
    this.#position = new Position(head, tail)
  }

  async #run(position: Position): Promise<void> {
    // By the monotonic clock. Signals come all the time: that something came says nothing of the log.
    let looked = performance.now()
    let received = looked
    while (!this.#closed) {
      let connection: Connection | undefined
      try {
        connection = await this.#reading.connected()
        const due = Math.min(Math.max(looked, received) + looks.quiet, looked + looks.busy)
        const { stored, signals, more } = await this.#inbox.receive(
          connection,
          position.at,
          due - performance.now(),
        )
        if (this.#closed) return
        this.#handOver(stored, position)
        for (const text of signals) this.#options.receiver.signal(text)
        if (stored.length > 0) received = performance.now()
        if (performance.now() >= due) {
          const { signal } = await this.#look(connection, position)
          this.#inbox.sawSignal(signal)
          looked = performance.now()
        } else if (!more) await delay(breath)
      } catch (error) {
        connection?.lose(error)
      }
    }
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
    this.#inbox.saw(all)
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

/** Where reading goes on after a fork: all of a log that was begun since is new, what is new in another one is not known. */
function goesOnAt({ epoch, head, base }: LogState, position: Position): Cursor {
  return base.epoch === epoch && !position.knows(epoch) ? base : head
}
