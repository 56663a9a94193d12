import { SseError } from '../errors.ts'
import type { Entry } from './broker.ts'

/** The event that removes a record, and the event that ends a channel with all its records. Apps cannot publish them by name. */
export const removedEvent = 'sse.removed'
export const endEvent = 'sse.end'

/** The maximum number of records of a channel. */
export const maxRecords = 10_000

/** The limits of all records of a log together. */
export interface RecordLimits {
  /** Bytes of their channels, names, events and data. */
  readonly bytes: number
  /** Milliseconds since a record was last set. */
  readonly age: number
}

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

  get(record: string): E | undefined {
    return this.#newest.get(record)
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

/** What a record counts against the limit of bytes on one channel. */
export function recordBytes(
  channel: string,
  { record = '', event = '', data }: Pick<Entry, 'record' | 'event' | 'data'>,
): number {
  return (
    Buffer.byteLength(channel) +
    Buffer.byteLength(record) +
    Buffer.byteLength(event) +
    Buffer.byteLength(data)
  )
}

/** The event that removes a record, as it is published. */
export function removalOf(channel: string, record: string): { event: string; data: string } {
  return { event: removedEvent, data: JSON.stringify({ channel, record }) }
}

/** Milliseconds between two looks for records that are too old: at most a minute, and `undefined` without a limit. */
export function recordCheckInterval({ age }: RecordLimits): number | undefined {
  return age === Number.POSITIVE_INFINITY ? undefined : Math.min(Math.max(age / 10, 20), 60_000)
}

/** Records have a limit, because each is kept in memory and sent to every client that joins. */
export function tooManyRecords(channel: string, record: string): SseError {
  const message = `The channel ${channel} has ${maxRecords} records, so ${record} is one too many: remove some, or use more channels.`
  return new SseError('too-many-records', message, { value: record })
}

/** Records are kept until they are removed, so their bytes have a limit. */
export function recordsFull(limit: number, record: string): SseError {
  const message = `The records of the log have at most ${limit} bytes, and ${record} does not fit: remove some, or raise the option records.bytes of the broker.`
  return new SseError('too-many-records', message, { value: record })
}
