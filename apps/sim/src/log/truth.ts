import type { Broker, Entry } from '@sse/core'

/** Every entry that a log ever had, in the order in which it was first seen. */
export class Truth {
  readonly #now: () => number
  readonly #entries = new Map<
    string,
    { readonly entry: Entry; readonly place: number; readonly at: number }
  >()

  /** The ids under which each item was published. */
  readonly #items = new Map<number, string[]>()

  constructor(now: () => number) {
    this.#now = now
  }

  add(entry: Entry): void {
    if (this.#entries.has(entry.id)) return
    this.#entries.set(entry.id, { entry, place: this.#entries.size, at: this.#now() })
    if (entry.event !== 'item') return
    const { n } = JSON.parse(entry.data) as { n: number }
    const ids = this.#items.get(n)
    if (ids) ids.push(entry.id)
    else this.#items.set(n, [entry.id])
  }

  /** The id of an item's event: the cursor after it, if that is one of its ids, or else its newest. */
  idOf(n: number, cursor: string): string | undefined {
    const ids = this.#items.get(n)
    return ids?.includes(cursor) ? cursor : ids?.at(-1)
  }

  dataOf(id: string): string | undefined {
    return this.#entries.get(id)?.entry.data
  }

  place(id: string): number | undefined {
    return this.#entries.get(id)?.place
  }

  /** When a process first had an entry. */
  seenAt(id: string): number {
    return this.#entries.get(id)?.at ?? 0
  }

  /** The entries after a position up to another one; `undefined` if no chain of entries leads from the one to the other. */
  between(from: string, to: string): Entry[] | undefined {
    const entries: Entry[] = []
    for (let at = to; at !== from; ) {
      const known = this.#entries.get(at)
      if (!known) return undefined
      entries.push(known.entry)
      at = known.entry.previous
    }
    return entries.reverse()
  }

  /** A broker whose hub is given what the truth learns. */
  observe(broker: Broker): Broker {
    const start: Broker['start'] = async (receiver) => {
      const started = await broker.start({
        entries: (batch) => {
          for (const entry of batch) this.add(entry)
          receiver.entries(batch)
        },
        discontinuity: (told) => receiver.discontinuity(told),
        health: (state) => receiver.health(state),
        signal: (text) => receiver.signal(text),
      })
      for (const entry of started.tail) this.add(entry)
      return started
    }
    return new Proxy(broker, {
      get: (target, name) => {
        if (name === 'start') return start
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
}
