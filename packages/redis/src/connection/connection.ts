import { isHarmless, replyOf } from '../failure.ts'
import type { OwnClient } from './redis-client.ts'
import type { Script } from '../log/scripts.ts'

/** What Redis answers: texts, numbers, nothing, and lists of these. */
export type Reply = string | number | null | readonly Reply[] | Readonly<Record<string, unknown>>

/** An answer that is waited for. */
interface Waiting {
  readonly answer: PromiseWithResolvers<Reply>
  readonly since: number
  readonly patience: number
}

/**
 * A connection that is used until it is lost, and then never again. It is lost too when Redis does not answer in time: it may hang for ever.
 * Redis answers in order. So what is waited for is the oldest answer, and its time begins when the one before it has come: a line that is
 * slow is not one that is lost.
 */
export class Connection {
  readonly #client: OwnClient
  readonly #timeout: number
  /** The oldest first. */
  readonly #waiting = new Set<Waiting>()
  readonly #lost = Promise.withResolvers<unknown>()
  #error: unknown
  /** When the last answer came, by the monotonic clock. */
  #answered = 0
  #timer: NodeJS.Timeout | undefined

  private constructor(client: OwnClient, timeout: number) {
    this.#client = client
    this.#timeout = timeout
    client.onLost((error) => this.lose(error))
  }

  /**
   * @param timeout milliseconds to connect, and to answer each command
   * @param signal ends it, whether it is connected by then or not
   */
  static async open(client: OwnClient, timeout: number, signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted()
    const connection = new Connection(client, timeout)
    const stop = () => connection.lose(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    void connection.lost.then(() => signal.removeEventListener('abort', stop))
    const connecting = client.connect()
    // One that was given up while it was being connected may still come about.
    connecting.then(
      () => connection.#error !== undefined && connection.#destroy(),
      () => {},
    )
    await connection.#reply(connecting, timeout)
    return connection
  }

  /** Resolves with the reason when it is of no use any more. */
  get lost(): Promise<unknown> {
    return this.#lost.promise
  }

  /** Milliseconds since Redis answered, while nothing is waited for. */
  get idle(): number {
    return this.#waiting.size > 0 ? 0 : performance.now() - this.#answered
  }

  /**
   * @param patience milliseconds to wait for the answer
   * @throws (rejected) what Redis answers, or what happened to the connection
   */
  send(args: readonly string[], patience: number = this.#timeout): Promise<Reply> {
    return this.#reply(this.#client.send(args), patience)
  }

  /**
   * Runs a script; Redis need not know it yet.
   *
   * @param patience how much longer than usual the answer may take, as a factor
   */
  async run(script: Script, keys: readonly string[], args: readonly string[], patience = 1): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args]
    const wait = this.#timeout * patience
    try {
      return await this.send(['EVALSHA', script.digest, ...rest], wait)
    } catch (error) {
      if (replyOf(error) !== 'NOSCRIPT') throw error
      return this.send(['EVAL', script.text, ...rest], wait)
    }
  }

  lose(error: unknown): void {
    if (this.#error !== undefined) return
    this.#error = error
    clearTimeout(this.#timer)
    this.#destroy()
    for (const { answer } of this.#waiting) answer.reject(error)
    this.#waiting.clear()
    this.#lost.resolve(error)
  }

  async #reply(reply: Promise<unknown>, patience: number): Promise<Reply> {
    const answer = Promise.withResolvers<Reply>()
    const waiting = { answer, patience, since: performance.now() }
    if (this.#error !== undefined) answer.reject(this.#error)
    else {
      this.#waiting.add(waiting)
      if (this.#waiting.size === 1) this.#watch()
    }
    reply.then(
      (value) => answer.resolve(value as Reply),
      (error) => {
        answer.reject(error)
        if (!isHarmless(error)) this.lose(error)
      },
    )
    try {
      return await answer.promise
    } finally {
      this.#answered = performance.now()
      if (this.#waiting.delete(waiting)) this.#watch()
    }
  }

  /** Waits for the oldest answer. */
  #watch(): void {
    clearTimeout(this.#timer)
    const [oldest] = this.#waiting
    if (!oldest || this.#error !== undefined) return
    const { patience } = oldest
    const judge = () => {
      if (this.#waiting.has(oldest)) this.lose(new Error(`Redis has not answered for ${patience} ms`))
    }
    const left = Math.max(oldest.since, this.#answered) + patience - performance.now()
    // What came while the process was busy is read before it is judged.
    this.#timer = setTimeout(() => setImmediate(judge), left)
  }

  #destroy(): void {
    try {
      // A cluster and a sentinel destroy themselves later.
      Promise.resolve(this.#client.destroy()).catch(() => {})
    } catch {
      // It was not open.
    }
  }
}
