/** What was promised against what arrived: every event that was acknowledged, once at each client, in one order for all. */
export class Ledger {
  /** Ids of what was acknowledged, by the text. */
  readonly #acknowledged = new Map<string, string>()
  /** What came, as the first client received it. The others only count: they must receive the same. */
  readonly #order: { readonly id: string; readonly text: string }[] = []
  readonly #received = new Map<string, number>()
  readonly #astray = new Set<string>()
  /** What must not be. */
  readonly faults: string[] = []

  get acknowledged(): readonly string[] {
    return [...this.#acknowledged.keys()]
  }

  acknowledge(text: string, id: string): void {
    this.#acknowledged.set(text, id)
  }

  receive(client: string, id: string, text: string): void {
    const place = this.#received.get(client) ?? 0
    this.#received.set(client, place + 1)
    this.#order[place] ??= { id, text }
    const expected = this.#order[place]
    if ((expected.id === id && expected.text === text) || this.#astray.has(client)) return
    // Everything after it is wrong as well.
    this.#astray.add(client)
    this.faults.push(
      `${client}: ${text} (${id}) came where others received ${expected.text} (${expected.id})`,
    )
  }

  /** Whether a client has as many events as were acknowledged. */
  isComplete(client: string): boolean {
    return (this.#received.get(client) ?? 0) >= this.#acknowledged.size
  }

  /** All that is wrong, in words; empty when nothing is. */
  judge(clients: readonly string[]): string[] {
    const faults = [...this.faults]
    const texts = new Map(this.#order.map(({ id, text }) => [text, id]))
    if (texts.size !== this.#order.length) faults.push(`${this.#order.length - texts.size} events came twice`)
    for (const [text, id] of this.#acknowledged) {
      if (texts.get(text) !== id) faults.push(`${text} (${id}) came as ${texts.get(text)}`)
    }
    for (const text of texts.keys()) {
      if (!this.#acknowledged.has(text)) faults.push(`${text} was never acknowledged`)
    }
    for (const client of clients) {
      const received = this.#received.get(client) ?? 0
      if (received !== this.#order.length)
        faults.push(`${client}: ${received} of ${this.#order.length} events came`)
    }
    return faults
  }
}
