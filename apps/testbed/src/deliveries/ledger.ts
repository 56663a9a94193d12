interface Received {
  readonly id: string
  readonly text: string
}

/** Compares what was acknowledged with what arrived: every subscriber receives each acknowledged event once and in order, or a gap. */
export class Ledger {
  /** When each event was first published, and the id under which it was acknowledged. */
  readonly #published = new Map<string, { readonly since: number; id?: string }>()
  readonly #received = new Map<string, Received[]>()
  /** By id. All clients share one object per event, because a ledger may have hundreds of clients. */
  readonly #events = new Map<string, Received>()
  /** When each client received a gap, and how many events it had by then. */
  readonly #gaps = new Map<string, { readonly time: number; readonly after: number }[]>()
  /** What must not happen, whatever fails. */
  readonly faults: string[] = []
  /** Acknowledged events that a client did not receive, but a gap. */
  excused = 0

  get acknowledged(): string[] {
    return [...this.#published].flatMap(([text, { id }]) => (id === undefined ? [] : [text]))
  }

  /** The gaps of all clients together. */
  get gaps(): number {
    return [...this.#gaps.values()].reduce((sum, gaps) => sum + gaps.length, 0)
  }

  hasGap(client: string): boolean {
    return this.#gaps.has(client)
  }

  publish(text: string): void {
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
    const event = this.#events.get(id) ?? { id, text }
    this.#events.set(id, event)
    if (event.text !== text)
      this.faults.push(`${client}: ${id} is ${text}, and ${event.text} for another client`)
    received.push(event)
  }

  gap(client: string): void {
    const after = this.#received.get(client)?.length ?? 0
    this.#gaps.set(client, [...(this.#gaps.get(client) ?? []), { time: performance.now(), after }])
  }

  /** How many events a client has received. */
  received(client: string): number {
    return this.#received.get(client)?.length ?? 0
  }

  has(client: string, text: string): boolean {
    return this.#received.get(client)?.some((received) => received.text === text) ?? false
  }

  /** Whether the newest event of a client was first published after this time. */
  receivedSince(client: string, time: number): boolean {
    const last = this.#received.get(client)?.at(-1)
    return last !== undefined && (this.#published.get(last.text)?.since ?? 0) >= time
  }

  /** All faults as sentences. */
  judge(clients: readonly string[]): string[] {
    return [...this.faults, ...clients.flatMap((client) => this.#judge(client)), ...this.#disorder(clients)]
  }

  #judge(client: string): string[] {
    const faults: string[] = []
    const received = this.#received.get(client) ?? []
    const gaps = this.#gaps.get(client) ?? []
    const newest = new Map<string, { readonly id: string; readonly place: number }>()
    for (const [place, { id, text }] of received.entries()) {
      const before = newest.get(text)
      // An event that its log lost before it was acknowledged is published again in the next log.
      const isAgain = before && gaps.some(({ after }) => after > before.place && after <= place)
      if (before && (!isAgain || before.id === id))
        faults.push(`${client}: ${text} came twice, as ${before.id} and ${id}`)
      if (!this.#published.has(text)) faults.push(`${client}: ${text} was never published`)
      newest.set(text, { id, place })
    }
    const lastGap = Math.max(Number.NEGATIVE_INFINITY, ...gaps.map(({ time }) => time))
    for (const [text, { since, id }] of this.#published) {
      const came = newest.get(text)?.id
      if (id === undefined || came === id) continue
      // It may have come from a log that lost it, before it was published again in this one.
      if (lastGap >= since) this.excused++
      else if (came) faults.push(`${client}: ${text} (${id}) came as ${came}`)
      else faults.push(`${client}: ${text} (${id}) never came, and no gap was told`)
    }
    return faults
  }

  /** Any two clients receive the events that both have in the same order. */
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
