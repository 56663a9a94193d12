import type { WindowRecord } from '../log/window.ts'
import { eventFrame, recordFrame } from '../wire/control.ts'
import { type Frame, joinFrames } from '../wire/frame.ts'
import type { Reader } from './reader.ts'

/**
 * What is written in front of an event, for the clients that ask for it: the channel of an event that only the client asked for (`labels`), the name of
 * the record that it sets (`records`).
 */
type Form = 'plain' | 'labels' | 'records' | 'labels and records'

const forms: readonly Form[] = ['plain', 'labels', 'records', 'labels and records']

/** Knows which readers are on which channel, and delivers the entries of one turn to the live ones. */
export class FanOut {
  /** The readers of each channel, apart by form, so that no stream pays for what others ask for. */
  readonly #readers = new Map<string, Partial<Record<Form, Set<Reader>>>>()

  /** The number of channels that have a reader. */
  get channels(): number {
    return this.#readers.size
  }

  /** A reader that is on the channel already moves to another group if its form has changed. */
  add(channel: string, reader: Reader): void {
    const form = formOf(channel, reader)
    if (reader.labels) this.remove(channel, reader)
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

  /** The readers of any of the channels, each once. */
  readersOf(channels: readonly string[]): Set<Reader> {
    const found = new Set<Reader>()
    for (const channel of channels) {
      const groups = this.#readers.get(channel)
      if (groups) for (const form of forms) for (const reader of groups[form] ?? []) found.add(reader)
    }
    return found
  }

  /**
   * Delivers entries to the live readers of their channels. The entries of a channel become one frame that all its readers share, so
   * that a turn costs a reader one write. Only a reader with several of the turn's channels merges its own.
   */
  deliver(records: readonly WindowRecord[], from: number): void {
    const to = from + records.length
    const touched = this.#byChannel(records)
    const single = touched.size === 1
    for (const [channel, own] of touched) {
      const groups = this.#readers.get(channel)
      if (!groups) continue
      for (const form of forms) {
        const readers = groups[form]
        if (!readers) continue
        const shared = [joinFrames(own.flatMap((record) => framesOf(record, channel, form)))]
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

function formOf(channel: string, { labels, named }: Reader): Form {
  if (labels?.has(channel)) return named ? 'labels and records' : 'labels'
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
