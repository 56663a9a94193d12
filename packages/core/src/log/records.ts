import { SseError } from '../errors.ts'
import type { Entry } from './broker.ts'

/** The event that removes a record, and the event that ends a channel with all its records. Apps cannot publish them by name. */
export const removedEvent = 'sse.removed'
export const endEvent = 'sse.end'

/** The maximum number of records of a channel. */
export const maxRecords = 10_000

/** The change that an entry makes to the records of its channels: `set` and `remove` change one record, `clear` removes all. */
export function recordChangeOf({
  event,
  record,
}: Pick<Entry, 'event' | 'record'>): 'set' | 'remove' | 'clear' | undefined {
  if (event === endEvent) return 'clear'
  if (record === undefined) return undefined
  return event === removedEvent ? 'remove' : 'set'
}

/** The newest entry of each record of one channel, in log order. */
export class ChannelRecords<E extends Pick<Entry, 'event' | 'record'> = Entry> {
  readonly #newest = new Map<string, E>()

  get size(): number {
    return this.#newest.size
  }

  has(record: string): boolean {
    return this.#newest.has(record)
  }

  apply(entry: E): void {
    const change = recordChangeOf(entry)
    if (change === 'clear') this.#newest.clear()
    else if (change) this.#newest.delete(entry.record!)
    if (change === 'set') this.#newest.set(entry.record!, entry)
  }

  [Symbol.iterator](): Iterator<E> {
    return this.#newest.values()
  }
}

/** Records have a limit, because each is kept in memory and sent to every client that joins. */
export function tooManyRecords(channel: string, record: string): SseError {
  const message = `The channel ${channel} has ${maxRecords} records, so ${record} is one too many: remove some, or use more channels.`
  return new SseError('too-many-records', message, { value: record })
}
