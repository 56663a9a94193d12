import type { Entry } from '@sse/core'

/** All entries that a log ever had, in the order in which they came, whatever it has lost or let go since. */
export class History {
  readonly #origin: string
  readonly #isCommand: (entry: Entry) => boolean
  readonly #known = new Map<string, { readonly entry: Entry; readonly place: number }>()

  /** @param origin the position before the first entry */
  constructor(origin: string, isCommand: (entry: Entry) => boolean) {
    this.#origin = origin
    this.#isCommand = isCommand
  }

  /** How many entries there ever were: the place of the latest. */
  get length(): number {
    return this.#known.size
  }

  add(entry: Entry): void {
    this.#known.set(entry.id, { entry, place: this.length + 1 })
  }

  get(id: string): Entry | undefined {
    return this.#known.get(id)?.entry
  }

  /** The position that a hub gives for this one: that of the newest event up to it, because commands take no place in its window. */
  standing(id: string): string {
    let at = id
    for (let entry = this.get(at); entry && this.#isCommand(entry); entry = this.get(at)) at = entry.previous
    return at
  }

  /** When an entry came, as a number; 0 for the origin; `undefined` for what never was in the log. */
  place(id: string): number | undefined {
    return id === this.#origin ? 0 : this.#known.get(id)?.place
  }

  /** The entries after one position up to another; `undefined` when none leads from the one to the other. */
  between(from: string, to: string): readonly Entry[] | undefined {
    const entries: Entry[] = []
    for (let id = to; id !== from; id = entries.at(-1)!.previous) {
      const entry = this.get(id)
      if (!entry) return undefined
      entries.push(entry)
    }
    return entries.reverse()
  }
}
