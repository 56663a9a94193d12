import { setTimeout as delay } from 'node:timers/promises'
import { closedError } from '@sse/core/internal'
import type { Connection } from './connection.ts'

/** Milliseconds before an attempt to connect: the first, doubled after each failure, and the limit. Each is drawn between 0.5 and 1.5 times that. */
const backoff = { base: 50, max: 2_000 }
/** Milliseconds after which a connection counts as stable, so that the backoff begins anew. */
const stable = 1_000
/** Milliseconds without a command before a keep-alive: Redis closes idle connections (`timeout`), and a connection that hangs is noticed. */
const keepAliveInterval = 1_000

export interface ReconnectingOptions {
  /** Connects. The signal closes the connection. */
  readonly connect: (signal: AbortSignal) => Promise<Connection>
  /** Prepares each new connection; one that fails is given up. */
  readonly prepare: (connection: Connection) => Promise<void>
  /** Is called on an idle connection. */
  readonly keepAlive?: (connection: Connection) => Promise<unknown>
}

/** Hears when there is a connection, and why there is none. */
export type ConnectionListener = (state: 'up' | 'down', error?: unknown) => void

/** Connects again whenever its connection is lost, until it is closed. */
export class ReconnectingConnection {
  readonly #options: ReconnectingOptions
  readonly #listeners = new Set<ConnectionListener>()
  readonly #closing = new AbortController()
  readonly #waiting = new Set<PromiseWithResolvers<Connection>>()
  #current: Connection | undefined
  #error: unknown

  constructor(options: ReconnectingOptions) {
    this.#options = options
    void this.#run()
  }

  /** The connection; `undefined` while there is none. */
  get current(): Connection | undefined {
    return this.#current
  }

  /** Why the last attempt failed, or the last connection was lost. */
  get error(): unknown {
    return this.#error
  }

  /** Why it was closed; `undefined` while it is open. */
  get closed(): unknown {
    return this.#closing.signal.reason
  }

  /**
   * Resolves with a connection as soon as there is one.
   *
   * @param timeout milliseconds to wait; without it, until it is closed
   * @throws (rejected) why there is no connection, or why it was closed
   */
  async connected(timeout?: number): Promise<Connection> {
    this.#closing.signal.throwIfAborted()
    if (this.#current) return this.#current
    const waiter = Promise.withResolvers<Connection>()
    this.#waiting.add(waiter)
    const giveUp = () => waiter.reject(this.#error ?? new Error(`no connection for ${timeout} ms`))
    const timer = timeout === undefined ? undefined : setTimeout(giveUp, timeout)
    try {
      return await waiter.promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(waiter)
    }
  }

  /** @returns a function that removes the listener */
  listen(listener: ConnectionListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @param reason rejects all that wait for a connection */
  close(reason: unknown = closedError()): void {
    this.#listeners.clear()
    this.#closing.abort(reason)
    for (const { reject } of this.#waiting) reject(this.closed)
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted; failures++) {
      const since = performance.now()
      const error = await this.#connectOnce()
      if (signal.aborted) return
      this.#tell('down', error)
      if (performance.now() - since > stable) failures = 0
      const wait = Math.min(backoff.base * 2 ** failures, backoff.max) * (0.5 + Math.random())
      await delay(wait, undefined, { signal }).catch(() => {})
    }
  }

  /** Keeps one connection until it is lost. @returns why it was lost */
  async #connectOnce(): Promise<unknown> {
    let connection: Connection | undefined
    let timer: NodeJS.Timeout | undefined
    try {
      connection = await this.#options.connect(this.#closing.signal)
      await this.#options.prepare(connection)
      this.#connected(connection)
      timer = this.#keepAlive(connection)
      return await connection.lost
    } catch (error) {
      connection?.lose(error)
      return error
    } finally {
      clearInterval(timer)
      this.#current = undefined
    }
  }

  #keepAlive(connection: Connection): NodeJS.Timeout | undefined {
    const { keepAlive } = this.#options
    if (!keepAlive) return undefined
    const check = () => {
      // The connection reports the failure itself.
      if (connection.idle >= keepAliveInterval / 2) keepAlive(connection).catch(() => {})
    }
    return setInterval(check, keepAliveInterval)
  }

  #connected(connection: Connection): void {
    if (this.#closing.signal.aborted) return
    this.#current = connection
    for (const { resolve } of this.#waiting) resolve(connection)
    this.#tell('up')
  }

  #tell(state: 'up' | 'down', error?: unknown): void {
    this.#error = error
    for (const listener of [...this.#listeners]) listener(state, error)
  }
}
