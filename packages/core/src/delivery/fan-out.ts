import type { WindowRecord } from '../log/window.ts'
import { eventFrame } from '../wire/control.ts'
import { type Frame, joinFrames } from '../wire/frame.ts'
import type { Reader } from './reader.ts'

type Readers = Map<string, Set<Reader>>

/** Who reads which channel, and the delivery of one turn's entries to those who stand at the head. */
export class FanOut {
  readonly #readers: Readers = new Map()
  /** Readers that are told with each event of a channel that this is its channel. Apart, so that nobody else pays for it. */
  readonly #labelled: Readers = new Map()

  /** The number of channels that have a reader. */
  get channels(): number {
    let { size } = this.#readers
    for (const channel of this.#labelled.keys()) if (!this.#readers.has(channel)) size++
    return size
  }

  /** A reader that is on the channel already changes over if its `labels` have changed. */
  add(channel: string, reader: Reader): void {
    const labels = reader.labels?.has(channel)
    if (reader.labels) removeFrom(labels ? this.#readers : this.#labelled, channel, reader)
    addTo(labels ? this.#labelled : this.#readers, channel, reader)
  }

  remove(channel: string, reader: Reader): void {
    removeFrom(this.#readers, channel, reader)
    if (reader.labels) removeFrom(this.#labelled, channel, reader)
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
    const hand = (readers: Iterable<Reader>, shared: readonly Frame[]) => {
      for (const reader of readers) {
        try {
          if (single || hasOneOf(touched, reader.channels)) reader.deliver(shared, from, to)
          else reader.catchUp()
        } catch (error) {
          // Whatever goes wrong with one stream, the others are served.
          reader.failed(error)
        }
      }
    }
    for (const [channel, own] of touched) {
      const readers = this.#readers.get(channel)
      if (readers) hand(readers, [joinFrames(own.map((record) => record.frame))])
      const labelled = this.#labelled.get(channel)
      if (labelled)
        hand(labelled, [joinFrames(own.flatMap((one) => [eventFrame(one.id, [channel]), one.frame]))])
    }
  }

  #byChannel(records: readonly WindowRecord[]): Map<string, WindowRecord[]> {
    const touched = new Map<string, WindowRecord[]>()
    for (const record of records) {
      for (const channel of record.channels) {
        if (!this.#readers.has(channel) && !this.#labelled.has(channel)) continue
        const own = touched.get(channel)
        if (own) own.push(record)
        else touched.set(channel, [record])
      }
    }
    return touched
  }
}

function addTo(all: Readers, channel: string, reader: Reader): void {
  const readers = all.get(channel)
  if (readers) readers.add(reader)
  else all.set(channel, new Set([reader]))
}

function removeFrom(all: Readers, channel: string, reader: Reader): void {
  const readers = all.get(channel)
  if (readers?.delete(reader) && readers.size === 0) all.delete(channel)
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
