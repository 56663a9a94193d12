import { setTimeout as delay } from 'node:timers/promises'
import type { Ledger } from './ledger.ts'

/** What a publish may be refused with while Redis is not there. */
const excusable: readonly string[] = ['log-unreachable', 'log-read-only', 'log-busy']

type Outcome = { readonly id: string } | { readonly error: string }

/**
 * Publishes until it is told to stop. Two of three events have a key and are published time and again until they are acknowledged; the third is
 * published once: what is refused may have been appended, and what is acknowledged was appended once.
 */
export class Publisher {
  readonly #name: string
  readonly #url: string
  readonly #ledger: Ledger
  #stopped = false
  /** Batches that were acknowledged as a whole at the first attempt. */
  smooth = 0
  refused = 0

  constructor(name: string, url: string, ledger: Ledger) {
    this.#name = name
    this.#url = url
    this.#ledger = ledger
  }

  /** Publishes one batch after the other; resolves when the last one is acknowledged. */
  async run(): Promise<void> {
    for (let number = 0; !this.#stopped; number += 9) {
      const texts = Array.from({ length: 9 }, (_, index) => `${this.#name}:${number + index}`)
      for (const text of texts) this.#ledger.attempt(text)
      const refused = await this.#publish(texts)
      if (refused.length === 0) this.smooth++
      let keyed = refused.filter(isKeyed)
      while (keyed.length > 0) {
        await delay(20)
        keyed = await this.#publish(keyed)
      }
      await delay(5)
    }
  }

  stop(): void {
    this.#stopped = true
  }

  /** @returns what was not acknowledged */
  async #publish(texts: readonly string[]): Promise<string[]> {
    const outcomes = await this.#post(texts)
    return texts.filter((text, index) => {
      const outcome = outcomes?.[index]
      if (outcome && 'id' in outcome) this.#ledger.acknowledge(text, outcome.id)
      else if (outcome && !excusable.includes(outcome.error))
        this.#ledger.faults.push(`${text} was refused with ${outcome.error}`)
      const refused = !outcome || 'error' in outcome
      if (refused) this.refused++
      return refused
    })
  }

  async #post(texts: readonly string[]): Promise<readonly Outcome[] | undefined> {
    const body = JSON.stringify(texts.map((data) => (isKeyed(data) ? { data, key: data } : { data })))
    try {
      const headers = { 'Content-Type': 'application/json' }
      const response = await fetch(this.#url, { method: 'POST', headers, body })
      return (await response.json()) as readonly Outcome[]
    } catch (error) {
      // The server was killed.
      if (error instanceof TypeError) return undefined
      throw error
    }
  }
}

function isKeyed(text: string): boolean {
  return Number(text.split(':').at(-1)) % 3 !== 0
}
