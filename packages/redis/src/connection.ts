import { isHarmless, replyOf } from './failure.ts'
import type { OwnClient } from './redis-client.ts'
import type { Script } from './scripts.ts'

/** What Redis answers: texts, numbers, nothing, and lists of these. */
export type Reply = string | number | null | readonly Reply[] | Readonly<Record<string, unknown>>

/** A connection that is used until it is lost, and then never again. It is lost too when Redis does not answer in time: it may hang for ever. */
export class Connection {
  readonly #client: OwnClient
  readonly #timeout: number
  readonly #waiting = new Set<PromiseWithResolvers<Reply>>()
  readonly #lost = Promise.withResolvers<unknown>()
  #error: unknown

  private constructor(client: OwnClient, timeout: number) {
    this.#client = client
    this.#timeout = timeout
    client.on('error', (error) => this.lose(error))
  }

  /**
   * @param timeout milliseconds to connect, and to answer each command
   * @param signal ends it, whether it is connected by then or not
   */
  static async open(client: OwnClient, timeout: number, signal: AbortSignal): Promise<Connection> {
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
    await connection.#answered(connecting, timeout)
    return connection
  }

  /** Resolves with the reason when it is of no use any more. */
  get lost(): Promise<unknown> {
    return this.#lost.promise
  }

  /**
   * @param patience milliseconds to wait for the answer
   * @throws (rejected) what Redis answers, or what happened to the connection
   */
  send(args: readonly string[], patience: number = this.#timeout): Promise<Reply> {
    return this.#answered(this.#client.send(args), patience)
  }

  /** Runs a script; Redis need not know it yet. */
  async run(script: Script, keys: readonly string[], args: readonly string[]): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args]
    try {
      return await this.send(['EVALSHA', script.digest, ...rest])
    } catch (error) {
      if (replyOf(error) !== 'NOSCRIPT') throw error
      return this.send(['EVAL', script.text, ...rest])
    }
  }

  lose(error: unknown): void {
    if (this.#error !== undefined) return
    this.#error = error
    this.#destroy()
    for (const { reject } of this.#waiting) reject(error)
    this.#waiting.clear()
    this.#lost.resolve(error)
  }

  async #answered(reply: Promise<unknown>, patience: number): Promise<Reply> {
    const answer = Promise.withResolvers<Reply>()
    if (this.#error !== undefined) answer.reject(this.#error)
    else this.#waiting.add(answer)
    reply.then(
      (value) => answer.resolve(value as Reply),
      (error) => {
        answer.reject(error)
        if (!isHarmless(error)) this.lose(error)
      },
    )
    const judge = () => {
      if (this.#waiting.has(answer)) this.lose(new Error(`Redis has not answered for ${patience} ms`))
    }
    // What came while the process was busy is read before it is judged.
    const timer = setTimeout(() => setImmediate(judge), patience)
    try {
      return await answer.promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(answer)
    }
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
