import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import { closedError } from '../failure.ts'

/** Milliseconds before the first attempt to connect again, and at most; doubled each time, and drawn between half and one and a half of it. */
const backoff = { base: 50, max: 2_000 }
/** Milliseconds that a connection lives before it counts as one that works. */
const steady = 1_000
/** Milliseconds without an answer after which a connection is used: Redis closes those that are idle (`timeout`), and one that is gone is noticed. */
const silence = 1_000

export interface LineOptions {
  /** One that ends with the signal. */
  readonly connect: (signal: AbortSignal) => Promise<Connection>
  /** What is done first on every connection: only one that can do it is ready. */
  readonly greet: (connection: Connection) => Promise<void>
  /** What is done on one that is idle. */
  readonly keepAlive?: (connection: Connection) => Promise<unknown>
}

/** Told when a line is ready, and why it is not. */
export type LineListener = (state: 'up' | 'down', error?: unknown) => void

/** One connection after the other, for as long as the line is open. */
export class Line {
  readonly #options: LineOptions
  readonly #listeners = new Set<LineListener>()
  readonly #closing = new AbortController()
  readonly #waiting = new Set<PromiseWithResolvers<Connection>>()
  #connection: Connection | undefined
  #error: unknown

  constructor(options: LineOptions) {
    this.#options = options
    void this.#run()
  }

  /** The connection, while there is one that is ready. */
  get connection(): Connection | undefined {
    return this.#connection
  }

  /** Why there was none the last time. */
  get error(): unknown {
    return this.#error
  }

  /**
   * A connection, as soon as one is ready.
   *
   * @param patience milliseconds to wait. Default: for as long as the line is open
   * @throws (rejected) why there is none; why the line was closed
   */
  async connected(patience?: number): Promise<Connection> {
    this.#closing.signal.throwIfAborted()
    if (this.#connection) return this.#connection
    const waiter = Promise.withResolvers<Connection>()
    this.#waiting.add(waiter)
    const giveUp = () => waiter.reject(this.#error ?? new Error(`no connection for ${patience} ms`))
    const timer = patience === undefined ? undefined : setTimeout(giveUp, patience)
    try {
      return await waiter.promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(waiter)
    }
  }

  /** @returns what ends it */
  listen(listener: LineListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Why it was closed; `undefined` while it is open. */
  get closed(): unknown {
    return this.#closing.signal.reason
  }

  /** @param reason what those are told that wait for a connection */
  close(reason: unknown = closedError()): void {
    this.#listeners.clear()
    this.#closing.abort(reason)
    for (const { reject } of this.#waiting) reject(this.closed)
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted; failures++) {
      const since = performance.now()
      const error = await this.#use()
      if (signal.aborted) return
      this.#tell('down', error)
      if (performance.now() - since > steady) failures = 0
      const wait = Math.min(backoff.base * 2 ** failures, backoff.max) * (0.5 + Math.random())
      await delay(wait, undefined, { signal }).catch(() => {})
    }
  }

  /** Uses one connection until it is lost. @returns why */
  async #use(): Promise<unknown> {
    let connection: Connection | undefined
    let timer: NodeJS.Timeout | undefined
    try {
      connection = await this.#options.connect(this.#closing.signal)
      await this.#options.greet(connection)
      this.#connected(connection)
      timer = this.#keepAlive(connection)
      return await connection.lost
    } catch (error) {
      connection?.lose(error)
      return error
    } finally {
      clearInterval(timer)
      this.#connection = undefined
    }
  }

  #keepAlive(connection: Connection): NodeJS.Timeout | undefined {
    const { keepAlive } = this.#options
    if (!keepAlive) return undefined
    const use = () => {
      // What goes wrong is told by the connection.
      if (connection.idle >= silence / 2) keepAlive(connection).catch(() => {})
    }
    return setInterval(use, silence)
  }

  #connected(connection: Connection): void {
    if (this.#closing.signal.aborted) return
    this.#connection = connection
    for (const { resolve } of this.#waiting) resolve(connection)
    this.#tell('up')
  }

  #tell(state: 'up' | 'down', error?: unknown): void {
    this.#error = error
    for (const listener of [...this.#listeners]) listener(state, error)
  }
}
