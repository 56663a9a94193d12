interface Received {
  readonly id: string
  readonly text: string
}

/** What was promised against what arrived: *acknowledged and not told as a gap ⇒ delivered exactly once, in order, to every subscriber*. */
export class Ledger {
  /** When each event was first tried to be published, and under which id it was acknowledged. */
  readonly #published = new Map<string, { readonly since: number; id?: string }>()
  readonly #received = new Map<string, Received[]>()
  /** When each client was told a gap, and how much it had received by then. */
  readonly #gaps = new Map<string, { readonly time: number; readonly after: number }[]>()
  /** What must not be, whatever happens. */
  readonly faults: string[] = []

  get acknowledged(): string[] {
    return [...this.#published].flatMap(([text, { id }]) => (id === undefined ? [] : [text]))
  }

  /** Gaps that were told, to all clients together. */
  get gaps(): number {
    return [...this.#gaps.values()].reduce((sum, gaps) => sum + gaps.length, 0)
  }

  /** Whether a client was told a gap. */
  wasTold(client: string): boolean {
    return this.#gaps.has(client)
  }

  /** Deliveries that a gap stands for. */
  excused = 0

  attempt(text: string): void {
    if (!this.#published.has(text)) this.#published.set(text, { since: performance.now() })
  }

  acknowledge(text: string, id: string): void {
    const published = this.#published.get(text)
    if (!published) this.faults.push(`${text} was acknowledged, and never published`)
    else published.id = id
  }

  receive(client: string, id: string, text: string): void {
    const received = this.#received.get(client) ?? []
    this.#received.set(client, received)
    received.push({ id, text })
  }

  gap(client: string): void {
    const after = this.#received.get(client)?.length ?? 0
    this.#gaps.set(client, [...(this.#gaps.get(client) ?? []), { time: performance.now(), after }])
  }

  has(client: string, text: string): boolean {
    return this.#received.get(client)?.some((received) => received.text === text) ?? false
  }

  /** Whether a client has received something that was first tried to be published after this time. */
  receivedSince(client: string, time: number): boolean {
    const last = this.#received.get(client)?.at(-1)
    return last !== undefined && (this.#published.get(last.text)?.since ?? 0) >= time
  }

  /** All that is wrong, in words; empty when nothing is. */
  judge(clients: readonly string[]): string[] {
    const faults = [...this.faults]
    for (const client of clients) {
      const received = this.#received.get(client) ?? []
      const gaps = this.#gaps.get(client) ?? []
      const ids = new Map<string, string>()
      const places = new Map<string, number>()
      for (const [place, { id, text }] of received.entries()) {
        // What was lost with its log, unacknowledged, and published again in the next one.
        const again = gaps.some(({ after }) => after > (places.get(text) ?? 0) && after <= place)
        if (ids.has(text) && (!again || ids.get(text) === id))
          faults.push(`${client}: ${text} came twice, as ${ids.get(text)} and ${id}`)
        if (!this.#published.has(text)) faults.push(`${client}: ${text} was never published`)
        ids.set(text, id)
        places.set(text, place)
      }
      const lastGap = Math.max(Number.NEGATIVE_INFINITY, ...gaps.map(({ time }) => time))
      for (const [text, { since, id }] of this.#published) {
        if (id === undefined) continue
        const came = ids.get(text)
        // It came of another log perhaps, from which it was lost, and was published again in this one.
        if (came !== id && lastGap >= since) this.excused++
        else if (came === undefined) faults.push(`${client}: ${text} (${id}) never came, and no gap was told`)
        else if (came !== id) faults.push(`${client}: ${text} (${id}) came as ${came}`)
      }
    }
    faults.push(...this.#disorder(clients))
    return faults
  }

  /** Any two clients have what both have in the same order. */
  #disorder(clients: readonly string[]): string[] {
    const [first = '', ...others] = clients
    const places = new Map((this.#received.get(first) ?? []).map(({ id }, place) => [id, place]))
    return others.flatMap((client) => {
      const common = (this.#received.get(client) ?? []).flatMap(({ id }) => places.get(id) ?? [])
      const inOrder = common.every((place, index) => index === 0 || place > common[index - 1]!)
      return inOrder ? [] : [`${first} and ${client} received in different orders`]
    })
  }
}
