import type { Entry } from '@sse/core'
import { hasRecords } from './record-page.ts'

/** Every change of records that a log ever had, so that the records at each of its positions are known. */
export class RecordHistory {
  /** The entries that change the records of a channel. */
  readonly #changes = new Map<string, Entry[]>()

  add(entry: Entry): void {
    if (entry.record === undefined && entry.event !== 'sse.end') return
    for (const channel of entry.channels.filter(hasRecords)) {
      const changes = this.#changes.get(channel)
      if (changes) changes.push(entry)
      else this.#changes.set(channel, [entry])
    }
  }

  /** The records of a channel after the entries for which `isBefore` is true. */
  at(channel: string, isBefore: (entry: Entry) => boolean): readonly Entry[] {
    const records = new Map<string, Entry>()
    for (const entry of this.#changes.get(channel) ?? []) {
      if (!isBefore(entry)) break
      if (entry.event === 'sse.end') records.clear()
      else if (entry.event === 'sse.removed') records.delete(entry.record!)
      else records.set(entry.record!, entry)
    }
    return [...records.values()]
  }
}
