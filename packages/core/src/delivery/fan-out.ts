import type { WindowRecord } from '../log/window.ts'
import { eventFrame, recordFrame } from '../wire/control.ts'
import { type Frame, joinFrames } from '../wire/frame.ts'
import type { Reader } from './reader.ts'

type Readers = Map<string, Set<Reader>>

/**
 * The events that precede an event for clients that ask for them: `sse.event` with its channels if only the client asked for these
 * (`labels`), `sse.record` with the name of the record that it sets (`records`).
 */
type Form = 'labels' | 'records' | 'labels and records'

const forms: readonly Form[] = ['labels', 'records', 'labels and records']

/** Knows the readers of every channel, and delivers the entries of a turn to the live ones. */
export class FanOut {
  readonly #readers: Readers = new Map()
  /** Readers that get other events before an event. They are separate, so that the streams above have no extra cost. */
  readonly #labelled: Readonly<Record<Form, Readers>> = {
    labels: new Map(),
    records: new Map(),
    'labels and records': new Map(),
  }

  /** The number of channels that have a reader. */
  get channels(): number {
    const labelled = Object.values(this.#labelled).flatMap((all) => [...all.keys()])
    return this.#readers.size + new Set(labelled.filter((channel) => !this.#readers.has(channel))).size
  }

  /** If the reader is already on the channel and its `labelledChannels` have changed, it moves to the other group. */
  add(channel: string, reader: Reader): void {
    if (reader.labelledChannels) this.remove(channel, reader)
    const form = formOf(channel, reader)
    addTo(form ? this.#labelled[form] : this.#readers, channel, reader)
  }

  remove(channel: string, reader: Reader): void {
    removeFrom(this.#readers, channel, reader)
    if (!reader.labelledChannels && !reader.named) return
    for (const form of forms) removeFrom(this.#labelled[form], channel, reader)
  }

  /** The readers on any of the channels, each once. */
  readersOf(channels: readonly string[]): Set<Reader> {
    const all = [this.#readers, ...Object.values(this.#labelled)]
    return new Set(channels.flatMap((channel) => all.flatMap((readers) => [...(readers.get(channel) ?? [])])))
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
      for (const form of forms) {
        const labelled = this.#labelled[form].get(channel)
        if (labelled)
          deliverTo(labelled, [joinFrames(own.flatMap((record) => framesOf(record, channel, form)))])
      }
    }
  }

  #byChannel(records: readonly WindowRecord[]): Map<string, WindowRecord[]> {
    const recordsByChannel = new Map<string, WindowRecord[]>()
    for (const record of records) {
      for (const channel of record.channels) {
        if (!this.#readers.has(channel) && !this.#hasLabelled(channel)) continue
        const own = recordsByChannel.get(channel)
        if (own) own.push(record)
        else recordsByChannel.set(channel, [record])
      }
    }
    return recordsByChannel
  }

  #hasLabelled(channel: string): boolean {
    return forms.some((form) => this.#labelled[form].has(channel))
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

/** `undefined` for a reader that gets nothing before an event. */
function formOf(channel: string, { labelledChannels, named }: Reader): Form | undefined {
  if (labelledChannels?.has(channel)) return named ? 'labels and records' : 'labels'
  return named ? 'records' : undefined
}

function framesOf({ id, record, change, frame }: WindowRecord, channel: string, form: Form): Frame[] {
  const label = form === 'records' ? [] : [eventFrame(id, [channel])]
  const name = change === 'set' && form !== 'labels' ? [recordFrame(id, [channel], record!)] : []
  return [...name, ...label, frame]
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
