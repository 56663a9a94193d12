import type { Entry } from '../../log/broker.ts'
import { recordChangeOf } from '../../log/records.ts'
import { encodeFields } from '../../wire/encode.ts'
import { contentOfEvent, type Frame, frame } from '../../wire/frame.ts'

/** Bytes that an entry takes beside its text: objects, places in the indexes. */
const overhead = 256

/** An entry, and its event as bytes that all readers share. */
export interface BacklogRecord {
  readonly id: string
  readonly channels: readonly string[]
  readonly frame: Frame
  /** The record that it sets or removes on its channels. */
  readonly record: string | undefined
  readonly change: ReturnType<typeof recordChangeOf>
}

/** Entries that the broker has read: indexed by id and by channel, and each encoded once, when a reader first needs it. */
export class BacklogPage {
  /** About what its entries take in memory; their frames take about as much again. */
  readonly bytes: number
  readonly #entries: readonly Entry[]
  readonly #frames: (Frame | undefined)[] = []
  readonly #placesById = new Map<string, number>()
  readonly #placesByChannel = new Map<string, number[]>()

  /** @param after the cursor that the entries come after; there is at least one */
  constructor(after: string, entries: readonly Entry[]) {
    this.#entries = entries
    this.#placesById.set(after, 0)
    let bytes = 0
    for (const [place, { id, channels, data }] of entries.entries()) {
      bytes += overhead + data.length
      this.#placesById.set(id, place + 1)
      for (const channel of channels) {
        const places = this.#placesByChannel.get(channel)
        if (places) places.push(place)
        else this.#placesByChannel.set(channel, [place])
      }
    }
    this.bytes = bytes
  }

  get length(): number {
    return this.#entries.length
  }

  /** The id of its last entry. */
  get end(): string {
    return this.idAt(this.length - 1)
  }

  /** The place of the entry that follows a cursor: `length` after the last one. `undefined`: the cursor is somewhere else. */
  placeAfter(cursor: string): number | undefined {
    return this.#placesById.get(cursor)
  }

  /** Whether it holds what follows a cursor. */
  leadsOn(cursor: string): boolean {
    const place = this.placeAfter(cursor)
    return place !== undefined && place < this.length
  }

  idAt(place: number): string {
    return this.#entries[place]!.id
  }

  recordAt(place: number): BacklogRecord {
    const entry = this.#entries[place]!
    this.#frames[place] ??= frame(encodeFields(entry), contentOfEvent(entry))
    const { id, channels, record } = entry
    return { id, channels, record, change: recordChangeOf(entry), frame: this.#frames[place] }
  }

  /** The places of the entries on any of the channels, each once, in log order. */
  placesOn(channels: ReadonlySet<string>, from: number): readonly number[] {
    let all: readonly number[] = []
    for (const channel of channels) {
      const places = this.#placesByChannel.get(channel)
      if (places) all = all.length === 0 ? places : [...all, ...places]
    }
    if (channels.size > 1) all = [...new Set(all)].sort((one, other) => one - other)
    return from === 0 ? all : all.filter((place) => place >= from)
  }
}
