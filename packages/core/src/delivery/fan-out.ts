import type { WindowRecord } from '../log/window.ts'
import { eventFrame } from '../wire/control.ts'
import { type Frame, joinFrames } from '../wire/frame.ts'
import type { Reader } from './reader.ts'

type Readers = Map<string, Set<Reader>>

/** Knows which readers are on which channel, and delivers the entries of one turn to the live ones. */
export class FanOut {
  readonly #readers: Readers = new Map()
  /** Readers that are told the channel of each event. They are kept apart, so that no other stream pays for it. */
  readonly #labelled: Readers = new Map()

  /** The number of channels that have a reader. */
  get channels(): number {
    let { size } = this.#readers
    for (const channel of this.#labelled.keys()) if (!this.#readers.has(channel)) size++
    return size
  }

  /** A reader that is on the channel already moves to the other group if its `labels` have changed. */
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
   * Delivers entries to the live readers of their channels. The entries of a channel become one frame that all its readers share, so
   * that a turn costs a reader one write. Only a reader with several of the turn's channels merges its own.
   */
  deliver(records: readonly WindowRecord[], from: number): void {
    const to = from + records.length
    const touched = this.#byChannel(records)
    const single = touched.size === 1
    const deliverTo = (readers: Iterable<Reader>, shared: readonly Frame[]) => {
      for (const reader of readers) {
        try {
          if (single || hasOneOf(touched, reader.channels)) reader.deliver(shared, from, to)
          else reader.flush()
        } catch (error) {
          // An exception ends one stream and no other. A call of `guard` would make a closure for every stream.
          reader.failed(error)
        }
      }
    }
    for (const [channel, own] of touched) {
      const readers = this.#readers.get(channel)
      if (readers) deliverTo(readers, [joinFrames(own.map((record) => record.frame))])
      const labelled = this.#labelled.get(channel)
      if (labelled)
        deliverTo(labelled, [joinFrames(own.flatMap((one) => [eventFrame(one.id, [channel]), one.frame]))])
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

/** Whether exactly one of the turn's channels is among the reader's. */
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
