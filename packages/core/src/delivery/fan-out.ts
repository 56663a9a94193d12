import type { WindowRecord } from '../log/window.ts'
import { eventFrame, recordFrame } from '../wire/control.ts'
import { type Frame, joinFrames } from '../wire/frame.ts'
import type { Reader } from './reader.ts'

/**
 * The events that precede an event, for clients that ask for them: `sse.event` with its channels if only the client asked for these (`labels`),
 * `sse.record` with the name of the record that it sets (`records`).
 */
type Form = 'plain' | 'labels' | 'records' | 'labels and records'

const forms: readonly Form[] = ['plain', 'labels', 'records', 'labels and records']

/** Knows the readers of every channel, and delivers the entries of a turn to the live ones. */
export class FanOut {
  /** The readers of each channel, by form: so streams that ask for no labels have no extra cost. */
  readonly #readers = new Map<string, Partial<Record<Form, Set<Reader>>>>()

  /** The number of channels that have a reader. */
  get channels(): number {
    return this.#readers.size
  }

  /** If the reader is already on the channel and its form has changed, it moves to another group. */
  add(channel: string, reader: Reader): void {
    const form = formOf(channel, reader)
    if (reader.labelledChannels) this.remove(channel, reader)
    const groups = this.#readers.get(channel) ?? {}
    this.#readers.set(channel, groups)
    groups[form] ??= new Set()
    groups[form].add(reader)
  }

  remove(channel: string, reader: Reader): void {
    const groups = this.#readers.get(channel)
    if (!groups) return
    for (const form of forms) {
      if (groups[form]?.delete(reader) && groups[form].size === 0) delete groups[form]
    }
    if (forms.every((form) => !groups[form])) this.#readers.delete(channel)
  }

  /** The readers on any of the channels, each once. */
  readersOf(channels: readonly string[]): Set<Reader> {
    const found = new Set<Reader>()
    for (const channel of channels) {
      const groups = this.#readers.get(channel)
      if (groups) for (const form of forms) for (const reader of groups[form] ?? []) found.add(reader)
    }
    return found
  }

  /**
   * Delivers entries to the live readers of their channels. The entries of a channel become one frame that all its readers share, so a turn
   * costs each reader one write. A reader that is on several of these channels reads its entries from the window instead.
   */
  deliver(records: readonly WindowRecord[], from: number): void {
    const to = from + records.length
    const recordsByChannel = this.#byChannel(records)
    const isSingle = recordsByChannel.size === 1
    for (const [channel, own] of recordsByChannel) {
      const groups = this.#readers.get(channel)
      if (!groups) continue
      for (const form of forms) {
        const readers = groups[form]
        if (!readers) continue
        const shared = [joinFrames(own.flatMap((record) => framesOf(record, channel, form)))]
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
    }
  }

  #byChannel(records: readonly WindowRecord[]): Map<string, WindowRecord[]> {
    const recordsByChannel = new Map<string, WindowRecord[]>()
    for (const record of records) {
      for (const channel of record.channels) {
        if (!this.#readers.has(channel)) continue
        const own = recordsByChannel.get(channel)
        if (own) own.push(record)
        else recordsByChannel.set(channel, [record])
      }
    }
    return recordsByChannel
  }
}

function formOf(channel: string, { labelledChannels, named }: Reader): Form {
  if (labelledChannels?.has(channel)) return named ? 'labels and records' : 'labels'
  return named ? 'records' : 'plain'
}

function framesOf({ id, record, change, frame }: WindowRecord, channel: string, form: Form): Frame[] {
  const frames = [frame]
  if (form === 'labels' || form === 'labels and records') frames.unshift(eventFrame(id, [channel]))
  if (change === 'set' && (form === 'records' || form === 'labels and records'))
    frames.unshift(recordFrame(id, [channel], record!))
  return frames
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
