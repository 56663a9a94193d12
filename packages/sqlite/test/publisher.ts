import { setTimeout as delay } from 'node:timers/promises'
import type { Ledger } from './ledger.ts'

/** Events of one request. */
const batch = 10

/** Publishes until it is told to stop, each event under a key of its own and time and again until it is acknowledged. */
export class Publisher {
  readonly #name: string
  readonly #url: string
  readonly #ledger: Ledger
  #stopped = false
  /** Events that the log had already when they were repeated: acknowledged by a process that did not live to say so. */
  repeated = 0

  constructor(name: string, url: string, ledger: Ledger) {
    this.#name = name
    this.#url = url
    this.#ledger = ledger
  }

  /** Publishes one batch after the other; resolves when the last one is acknowledged. */
  async run(): Promise<void> {
    for (let number = 0; !this.#stopped; number += batch) {
      const texts = Array.from({ length: batch }, (_, index) => `${this.#name}:${number + index}`)
      const answers = await this.#publish(texts)
      for (const [index, text] of texts.entries()) {
        const { id, duplicate } = answers[index]!
        this.#ledger.acknowledge(text, id)
        if (duplicate) this.repeated++
      }
    }
  }

  stop(): void {
    this.#stopped = true
  }

  async #publish(texts: readonly string[]): Promise<{ id: string; duplicate: boolean }[]> {
    const body = JSON.stringify(texts.map((data) => ({ data, key: data })))
    for (;;) {
      try {
        const response = await fetch(this.#url, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body,
        })
        if (response.ok) return (await response.json()) as { id: string; duplicate: boolean }[]
        throw new Error(`${response.status}: ${await response.text()}`)
      } catch (error) {
        if (!isCutOff(error)) throw error
        await delay(10)
      }
    }
  }
}

/** What `fetch` throws when the server is not there, or no longer. */
function isCutOff(error: unknown): boolean {
  return error instanceof TypeError
}
