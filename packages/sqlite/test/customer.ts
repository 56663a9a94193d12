import { setTimeout as delay } from 'node:timers/promises'
import type { Ledger } from '@sse/testbed/deliveries'

/** What a proxy answers while it reaches no app. */
const isUnreachable = (status: number) => status === 502 || status === 503 || status === 504

/** Orders one thing after the other, each until it is confirmed. */
export class Customer {
  readonly #name: string
  readonly #url: string
  readonly #ledger: Ledger
  readonly #work: number | 'together'
  #stopped = false
  /** How often an order was asked for again, because the proxy reached no app. */
  again = 0

  /** @param work milliseconds between storing and publishing, or one transaction for both */
  constructor(name: string, url: string, ledger: Ledger, work: number | 'together') {
    this.#name = name
    this.#url = url
    this.#ledger = ledger
    this.#work = work
  }

  /** Resolves when the last one is confirmed. */
  async run(): Promise<void> {
    for (let number = 0; !this.#stopped; number++) {
      const order = `${this.#name}:${number}`
      this.#ledger.publish(order)
      this.#ledger.acknowledge(order, await this.#ask(order))
      // An order that takes no time is followed by a rest.
      if (this.#work === 'together') await delay(Math.random() * 300)
    }
  }

  stop(): void {
    this.#stopped = true
  }

  async #ask(order: string): Promise<string> {
    const headers = { 'Content-Type': 'application/json' }
    const body = JSON.stringify(
      this.#work === 'together' ? { order, together: true } : { order, wait: this.#work },
    )
    for (;;) {
      const response = await fetch(this.#url, { method: 'POST', headers, body })
      if (response.ok) return ((await response.json()) as { id: string }).id
      const text = await response.text()
      if (!isUnreachable(response.status)) throw new Error(`${order}: ${response.status} ${text}`)
      this.again++
      await delay(100)
    }
  }
}
