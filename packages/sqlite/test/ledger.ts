/** What was promised against what arrived: every event that was acknowledged, once at each client, in one order for all. */
export class Ledger {
  /** Ids of what was acknowledged, by the text. */
  readonly #acknowledged = new Map<string, string>()
  readonly #received = new Map<string, { readonly id: string; readonly text: string }[]>()
  /** What must not be. */
  readonly faults: string[] = []

  get acknowledged(): number {
    return this.#acknowledged.size
  }

  acknowledge(text: string, id: string): void {
    this.#acknowledged.set(text, id)
  }

  receive(client: string, id: string, text: string): void {
    const received = this.#received.get(client) ?? []
    this.#received.set(client, received)
    received.push({ id, text })
  }

  /** Whether a client has as many events as were acknowledged. */
  isComplete(client: string): boolean {
    return (this.#received.get(client)?.length ?? 0) >= this.#acknowledged.size
  }

  /** All that is wrong, in words; empty when nothing is. */
  judge(clients: readonly string[]): string[] {
    const faults = [...this.faults]
    const orders = new Set<string>()
    for (const client of clients) {
      const received = this.#received.get(client) ?? []
      const texts = new Map(received.map(({ id, text }) => [text, id]))
      if (texts.size !== received.length) faults.push(`${client}: ${received.length - texts.size} came twice`)
      for (const [text, id] of this.#acknowledged) {
        if (texts.get(text) !== id) faults.push(`${client}: ${text} (${id}) came as ${texts.get(text)}`)
      }
      for (const text of texts.keys()) {
        if (!this.#acknowledged.has(text)) faults.push(`${client}: ${text} was never acknowledged`)
      }
      orders.add(received.map(({ id }) => id).join())
    }
    if (orders.size !== 1) faults.push('the clients received in different orders')
    return faults
  }
}
