import { isHarmless, replyOf } from '../failure.ts'
import type { Script } from '../log/scripts.ts'

/** What Redis replies: texts, numbers, nothing, and lists of these. */
export type Reply = string | number | null | readonly Reply[] | Readonly<Record<string, unknown>>

/** The broker's own client, the same for all kinds and for both packages. It connects once, and sends each command once. */
export interface BrokerClient {
  connect(): Promise<unknown>
  destroy(): unknown
  /** The listener hears that the connection to the log's node is lost, or that another node has the log. */
  onLost(listener: (error: unknown) => void): void
  /** @returns the reply of Redis, with strings as strings */
  send(args: readonly string[]): Promise<unknown>
}

interface PendingReply {
  readonly reply: PromiseWithResolvers<Reply>
  readonly since: number
  /** In milliseconds. */
  readonly timeout: number
}

/**
 * One connection to Redis, used until it is lost and never again. It counts as lost when a reply is late too, because a connection may
 * hang for ever. Redis replies in order, so only the oldest reply has a timeout, which begins when the reply before it has arrived. So a
 * slow network is not taken for a lost connection.
 */
export class Connection {
  readonly #client: BrokerClient
  readonly #timeout: number
  /** The oldest first. */
  readonly #pending = new Set<PendingReply>()
  readonly #lost = Promise.withResolvers<unknown>()
  #error: unknown
  /** When the last reply arrived, by the monotonic clock. */
  #repliedAt = 0
  #timer: NodeJS.Timeout | undefined

  private constructor(client: BrokerClient, timeout: number) {
    this.#client = client
    this.#timeout = timeout
    client.onLost((error) => this.lose(error))
  }

  /**
   * @param timeout milliseconds to connect, and to reply to each command
   * @param signal closes the connection, also while it is being made
   */
  static async open(client: BrokerClient, timeout: number, signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted()
    const connection = new Connection(client, timeout)
    const stop = () => connection.lose(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    void connection.lost.then(() => signal.removeEventListener('abort', stop))
    const connecting = client.connect()
    // The client may still connect after we gave it up.
    connecting.then(
      () => connection.#error !== undefined && connection.#destroy(),
      () => {},
    )
    await connection.#wait(connecting, timeout)
    return connection
  }

  /** Resolves with the reason when the connection is lost. */
  get lost(): Promise<unknown> {
    return this.#lost.promise
  }

  /** Milliseconds since the last reply; 0 while a reply is pending. */
  get idle(): number {
    return this.#pending.size > 0 ? 0 : performance.now() - this.#repliedAt
  }

  /**
   * @param timeout milliseconds to wait for the reply
   * @throws (rejected) the error that Redis replies, or why the connection was lost
   */
  send(args: readonly string[], timeout: number = this.#timeout): Promise<Reply> {
    return this.#wait(this.#client.send(args), timeout)
  }

  /**
   * Runs a script, which Redis need not know yet.
   *
   * @param timeoutFactor how many times longer than usual the reply may take
   */
  async run(
    script: Script,
    keys: readonly string[],
    args: readonly string[],
    timeoutFactor = 1,
  ): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args]
    const timeout = this.#timeout * timeoutFactor
    try {
      return await this.send(['EVALSHA', script.digest, ...rest], timeout)
    } catch (error) {
      if (replyOf(error) !== 'NOSCRIPT') throw error
      return this.send(['EVAL', script.text, ...rest], timeout)
    }
  }

  /** Closes the connection, and rejects what waits for a reply. */
  lose(error: unknown): void {
    if (this.#error !== undefined) return
    this.#error = error
    clearTimeout(this.#timer)
    this.#destroy()
    for (const { reply } of this.#pending) reply.reject(error)
    this.#pending.clear()
    this.#lost.resolve(error)
  }

  async #wait(answer: Promise<unknown>, timeout: number): Promise<Reply> {
    const reply = Promise.withResolvers<Reply>()
    const pending = { reply, timeout, since: performance.now() }
    if (this.#error !== undefined) reply.reject(this.#error)
    else {
      this.#pending.add(pending)
      if (this.#pending.size === 1) this.#watchOldest()
    }
    answer.then(
      (value) => reply.resolve(value as Reply),
      (error) => {
        reply.reject(error)
        if (!isHarmless(error)) this.lose(error)
      },
    )
    try {
      return await reply.promise
    } finally {
      this.#repliedAt = performance.now()
      if (this.#pending.delete(pending)) this.#watchOldest()
    }
  }

  #watchOldest(): void {
    clearTimeout(this.#timer)
    const [oldest] = this.#pending
    if (!oldest || this.#error !== undefined) return
    const { timeout } = oldest
    const check = () => {
      if (this.#pending.has(oldest)) this.lose(new Error(`Redis has not replied for ${timeout} ms`))
    }
    const left = Math.max(oldest.since, this.#repliedAt) + timeout - performance.now()
    // A reply that arrived while the process was busy is read before the check.
    this.#timer = setTimeout(() => setImmediate(check), left)
  }

  #destroy(): void {
    try {
      // The clients of a Cluster and of a Sentinel destroy themselves later, by a promise.
      Promise.resolve(this.#client.destroy()).catch(() => {})
    } catch {
      // The client was not open.
    }
  }
}
