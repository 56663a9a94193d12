import { setTimeout as delay } from 'node:timers/promises'
import type { Ledger } from './ledger.ts'

type Outcome = { readonly id: string; readonly duplicate: boolean } | { readonly error: string }

export interface PublisherOptions {
  /** Whether the event of a number has an idempotency key. Default: all have one. */
  readonly isKeyed?: (number: number) => boolean
  /** The codes with which a publish may be refused. Default: none. */
  readonly excused?: readonly string[]
  /** Milliseconds between two batches. Default 0. */
  readonly pause?: number
}

/**
 * Publishes batches to `POST /publish` of `broker-server.ts` until it is stopped. An event with a key is published again until it is
 * acknowledged. An event without a key is published once: if it is refused, it may be in the log all the same.
 */
export class Publisher {
  readonly #name: string
  readonly #url: string
  readonly #ledger: Ledger
  readonly #isKeyed: (text: string) => boolean
  readonly #excused: readonly string[]
  readonly #pause: number
  readonly #closing = new AbortController()
  #stopped = false
  /** Batches that were acknowledged at the first attempt. */
  smooth = 0
  refused = 0
  /** Events that were in the log already when they were published again: the server was killed before it could answer. */
  repeated = 0

  constructor(
    name: string,
    url: string,
    ledger: Ledger,
    { isKeyed = () => true, excused = [], pause = 0 }: PublisherOptions = {},
  ) {
    this.#name = name
    this.#url = url
    this.#ledger = ledger
    this.#isKeyed = (text) => isKeyed(Number(text.split(':').at(-1)))
    this.#excused = excused
    this.#pause = pause
  }

  /** Resolves when the last batch is acknowledged, or after `close`. */
  async run(): Promise<void> {
    const { signal } = this.#closing
    for (let number = 0; !this.#stopped; number += 9) {
      const texts = Array.from({ length: 9 }, (_, index) => `${this.#name}:${number + index}`)
      for (const text of texts) this.#ledger.publish(text)
      let open = await this.#publish(texts)
      if (open.length === 0) this.smooth++
      open = open.filter(this.#isKeyed)
      while (open.length > 0 && !signal.aborted) {
        await delay(10)
        open = await this.#publish(open)
      }
      if (this.#pause > 0) await delay(this.#pause)
    }
  }

  /** Begins no further batch. */
  stop(): void {
    this.#stopped = true
  }

  /** Publishes nothing more, whatever is not acknowledged. After a failure the port may belong to the server of another test. */
  close(): void {
    this.stop()
    this.#closing.abort()
  }

  /** @returns what was not acknowledged */
  async #publish(texts: readonly string[]): Promise<string[]> {
    const outcomes = await this.#post(texts)
    return texts.filter((text, index) => {
      const outcome = outcomes?.[index]
      if (outcome && 'id' in outcome) {
        this.#ledger.acknowledge(text, outcome.id)
        if (outcome.duplicate) this.repeated++
        return false
      }
      if (outcome && !this.#excused.includes(outcome.error))
        this.#ledger.faults.push(`${text} was refused with ${outcome.error}`)
      this.refused++
      return true
    })
  }

  async #post(texts: readonly string[]): Promise<readonly Outcome[] | undefined> {
    const body = JSON.stringify(texts.map((data) => (this.#isKeyed(data) ? { data, key: data } : { data })))
    const { signal } = this.#closing
    try {
      const headers = { 'Content-Type': 'application/json' }
      const response = await fetch(this.#url, { method: 'POST', headers, body, signal })
      return (await response.json()) as readonly Outcome[]
    } catch (error) {
      // The server was killed.
      if (error instanceof TypeError || signal.aborted) return undefined
      throw error
    }
  }
}
