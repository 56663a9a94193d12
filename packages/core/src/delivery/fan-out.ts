import type { WindowRecord } from '../log/window.ts'
import { eventFrame } from '../wire/control.ts'
import { type Frame, joinFrames } from '../wire/frame.ts'
import type { Reader } from './reader.ts'

type Readers = Map<string, Set<Reader>>

/** Knows the readers of every channel, and delivers the entries of a turn to the live ones. */
export class FanOut {
  readonly #readers: Readers = new Map()
  /** Readers that get an `sse.event` before each event of this channel. They are separate, so that other streams have no extra cost. */
  readonly #labelled: Readers = new Map()

  /** The number of channels that have a reader. */
  get channels(): number {
    let { size } = this.#readers
    for (const channel of this.#labelled.keys()) if (!this.#readers.has(channel)) size++
    return size
  }

  /** If the reader is already on the channel and its `labelledChannels` have changed, it moves to the other group. */
  add(channel: string, reader: Reader): void {
    const isLabelled = reader.labelledChannels?.has(channel)
    if (reader.labelledChannels) removeFrom(isLabelled ? this.#readers : this.#labelled, channel, reader)
    addTo(isLabelled ? this.#labelled : this.#readers, channel, reader)
  }

  remove(channel: string, reader: Reader): void {
    removeFrom(this.#readers, channel, reader)
    if (reader.labelledChannels) removeFrom(this.#labelled, channel, reader)
  }

  /**
   * Delivers entries to the live readers of their channels. The entries of a channel become one frame that all its readers share, so a turn
   * costs each reader one write. A reader that is on several of these channels reads its entries from the window instead.
   */
  deliver(records: readonly WindowRecord[], from: number): void {
    const to = from + records.length
    const recordsByChannel = this.#byChannel(records)
    const isSingle = recordsByChannel.size === 1
    const deliverTo = (readers: Iterable<Reader>, shared: readonly Frame[]) => {
      for (const reader of readers) {
        try {
          if (isSingle || hasOneOf(recordsByChannel, reader.channels)) reader.deliver(shared, from, to)
          else reader.flush()
        } catch (error) {
          // An exception ends only this stream. Calling `guard` would create a closure for every stream.
          reader.failed(error)
        }
      }
    }
    for (const [channel, own] of recordsByChannel) {
      const readers = this.#readers.get(channel)
      if (readers) deliverTo(readers, [joinFrames(own.map((record) => record.frame))])
      const labelled = this.#labelled.get(channel)
      if (labelled)
        deliverTo(labelled, [joinFrames(own.flatMap((one) => [eventFrame(one.id, [channel]), one.frame]))])
    }
  }

  #byChannel(records: readonly WindowRecord[]): Map<string, WindowRecord[]> {
    const recordsByChannel = new Map<string, WindowRecord[]>()
    for (const record of records) {
      for (const channel of record.channels) {
        if (!this.#readers.has(channel) && !this.#labelled.has(channel)) continue
        const own = recordsByChannel.get(channel)
        if (own) own.push(record)
        else recordsByChannel.set(channel, [record])
      }
    }
    return recordsByChannel
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
function hasOneOf(turnChannels: ReadonlyMap<string, unknown>, channels: ReadonlySet<string>): boolean {
  if (channels.size === 1) return true
  let count = 0
  if (channels.size <= turnChannels.size) {
    for (const channel of channels) if (turnChannels.has(channel) && ++count > 1) return false
  } else {
    for (const channel of turnChannels.keys()) if (channels.has(channel) && ++count > 1) return false
  }
  return true
}
