import { joinFrames } from '../wire/frame.ts'
import type { Reader } from './reader.ts'
import type { WindowRecord } from './window.ts'

/** Who reads which channel, and the delivery of one turn's entries to those who stand at the head. */
export class FanOut {
  readonly #readers = new Map<string, Set<Reader>>()

  /** The number of channels that have a reader. */
  get channels(): number {
    return this.#readers.size
  }

  add(channel: string, reader: Reader): void {
    const readers = this.#readers.get(channel)
    if (readers) readers.add(reader)
    else this.#readers.set(channel, new Set([reader]))
  }

  remove(channel: string, reader: Reader): void {
    const readers = this.#readers.get(channel)
    if (readers?.delete(reader) && readers.size === 0) this.#readers.delete(channel)
  }

  /**
   * Hands entries to the live readers of their channels. The entries of a channel are joined into one frame that all its readers
   * share, so that a turn costs a reader one write however many entries it had; only a reader with several of the turn's channels
   * merges its own.
   */
  deliver(records: readonly WindowRecord[], from: number): void {
    const to = from + records.length
    const touched = this.#byChannel(records)
    const single = touched.size === 1
    for (const [channel, own] of touched) {
      const shared = [joinFrames(own.map((record) => record.frame))]
      for (const reader of this.#readers.get(channel) ?? []) {
        try {
          if (single || hasOneOf(touched, reader.channels)) reader.deliver(shared, from, to)
          else reader.catchUp()
        } catch (error) {
          // Whatever goes wrong with one stream, the others are served.
          reader.failed(error)
        }
      }
    }
  }

  #byChannel(records: readonly WindowRecord[]): Map<string, WindowRecord[]> {
    const touched = new Map<string, WindowRecord[]>()
    for (const record of records) {
      for (const channel of record.channels) {
        if (!this.#readers.has(channel)) continue
        const own = touched.get(channel)
        if (own) own.push(record)
        else touched.set(channel, [record])
      }
    }
    return touched
  }
}

/** Whether just one of the turn's channels is among the reader's. */
function hasOneOf(touched: ReadonlyMap<string, unknown>, channels: ReadonlySet<string>): boolean {
  if (channels.size === 1) return true
  let count = 0
  if (channels.size <= touched.size) {
    for (const channel of channels) if (touched.has(channel) && ++count > 1) return false
  } else {
    for (const channel of touched.keys()) if (channels.has(channel) && ++count > 1) return false
  }
  return true
}
