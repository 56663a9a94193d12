import { setTimeout as delay } from 'node:timers/promises'
import { closedError } from './log-failure.ts'

/** Milliseconds before an attempt to connect: the first, doubled after each failure, and the limit. Each is drawn between 0.5 and 1.5 times that. */
const defaultBackoff = { base: 50, max: 2_000 }
/** Milliseconds after which a connection counts as stable, so that the backoff begins anew. */
const stable = 1_000
/** Milliseconds between two keep-alives. */
const keepAliveInterval = 1_000

/** A connection that is used until it is lost and never again. */
export interface LosableConnection {
  /** Resolves with the reason when the connection is lost. */
  readonly lost: Promise<unknown>
  /** Closes the connection. */
  lose(reason: unknown): void
}

export interface ReconnectingOptions<C extends LosableConnection> {
  /** Connects. The signal closes the connection. */
  readonly connect: (signal: AbortSignal) => Promise<C>
  /** Prepares each new connection; one that fails is given up. */
  readonly prepare?: (connection: C) => Promise<void>
  /** Called every second. The connection reports a failure itself. */
  readonly keepAlive?: (connection: C) => Promise<unknown>
  /** Milliseconds before the first attempt after a failure, and the limit. Default 50 and 2,000. */
  readonly backoff?: { readonly base: number; readonly max: number }
}

/** Hears when there is a connection, and why there is none. */
export type ConnectionListener = (state: 'up' | 'down', error?: unknown) => void

/** Connects again whenever its connection is lost, until it is closed. */
export class ReconnectingConnection<C extends LosableConnection> {
  readonly #options: ReconnectingOptions<C>
  readonly #listeners = new Set<ConnectionListener>()
  readonly #closing = new AbortController()
  readonly #waiting = new Set<PromiseWithResolvers<C>>()
  #current: C | undefined
  #error: unknown

  constructor(options: ReconnectingOptions<C>) {
    this.#options = options
    void this.#run()
  }

  /** The connection; `undefined` while there is none. */
  get current(): C | undefined {
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
  async connected(timeout?: number): Promise<C> {
    this.#closing.signal.throwIfAborted()
    if (this.#current) return this.#current
    const waiter = Promise.withResolvers<C>()
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
    const { backoff = defaultBackoff } = this.#options
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
    let connection: C | undefined
    let timer: NodeJS.Timeout | undefined
    try {
      connection = await this.#options.connect(this.#closing.signal)
      await this.#options.prepare?.(connection)
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

  #keepAlive(connection: C): NodeJS.Timeout | undefined {
    const { keepAlive } = this.#options
    if (!keepAlive) return undefined
    return setInterval(() => void keepAlive(connection).catch(() => {}), keepAliveInterval)
  }

  #connected(connection: C): void {
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
