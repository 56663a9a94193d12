import type { Entry } from '../../log/broker.ts'
import { recordChangeOf } from '../../log/records.ts'
import { encodeFields } from '../../wire/encode.ts'
import { contentOfEvent, type Frame, frame } from '../../wire/frame.ts'

/** The approximate bytes of an entry besides its data: objects and index entries. */
const overhead = 256

/** An entry of a page, and its event as bytes that all readers share. */
export interface BacklogRecord {
  readonly id: string
  readonly channels: readonly string[]
  readonly frame: Frame
  /** The record that it sets or removes on its channels. */
  readonly record: string | undefined
  readonly change: ReturnType<typeof recordChangeOf>
}

/** A page that the broker has read, indexed by id and by channel. Each entry is encoded once, when a reader first needs it. */
export class BacklogPage {
  /** The approximate memory of the entries. Their frames take about as much again. */
  readonly bytes: number
  readonly #entries: readonly Entry[]
  readonly #frames: (Frame | undefined)[] = []
  readonly #indexById = new Map<string, number>()
  readonly #indexesByChannel = new Map<string, number[]>()

  /** @param entries the entries after the cursor `after`: at least one */
  constructor(after: string, entries: readonly Entry[]) {
    this.#entries = entries
    this.#indexById.set(after, 0)
    let bytes = 0
    for (const [index, { id, channels, data }] of entries.entries()) {
      bytes += overhead + data.length
      this.#indexById.set(id, index + 1)
      for (const channel of channels) {
        const indexes = this.#indexesByChannel.get(channel)
        if (indexes) indexes.push(index)
        else this.#indexesByChannel.set(channel, [index])
      }
    }
    this.bytes = bytes
  }

  get length(): number {
    return this.#entries.length
  }

  /** The id of the last entry. */
  get end(): string {
    return this.idAt(this.length - 1)
  }

  /** The index of the entry after a cursor: `length` after the last entry. `undefined` if the cursor is not in this page. */
  indexAfter(cursor: string): number | undefined {
    return this.#indexById.get(cursor)
  }

  /** Whether the page has the entry after a cursor. */
  hasNext(cursor: string): boolean {
    const index = this.indexAfter(cursor)
    return index !== undefined && index < this.length
  }

  idAt(index: number): string {
    return this.#entries[index]!.id
  }

  recordAt(index: number): BacklogRecord {
    const entry = this.#entries[index]!
    this.#frames[index] ??= frame(encodeFields(entry), contentOfEvent(entry))
    const { id, channels, record } = entry
    return { id, channels, record, change: recordChangeOf(entry), frame: this.#frames[index] }
  }

  /** The indexes of the entries on any of the channels, each once, in log order. */
  indexesOn(channels: ReadonlySet<string>, from: number): readonly number[] {
    let all: readonly number[] = []
    for (const channel of channels) {
      const indexes = this.#indexesByChannel.get(channel)
      if (indexes) all = all.length === 0 ? indexes : [...all, ...indexes]
    }
    if (channels.size > 1) all = [...new Set(all)].sort((one, other) => one - other)
    return from === 0 ? all : all.filter((index) => index >= from)
  }
}
