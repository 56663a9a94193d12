import { encodeFields } from '../wire/encode.ts'
import { type Frame, longLivedFrame } from '../wire/frame.ts'
import type { Entry } from './broker.ts'
import { Queue } from './queue.ts'
import { recordChangeOf } from './records.ts'

/** The limits of a window. */
export interface WindowLimits {
  /** The maximum number of entries. */
  readonly entries: number
  /** The maximum size of all encoded events, in bytes. */
  readonly bytes: number
}

/** The maximum number of aliases. */
const maxAliases = 1_000

/** An entry in the window: its number, and its event as bytes. */
export interface WindowRecord {
  /** The number of the entry in this process: one more than that of the entry before it. */
  readonly seq: number
  readonly id: string
  readonly channels: readonly string[]
  readonly frame: Frame
  /** The name of the record that the entry sets or removes on its channels. */
  readonly record: string | undefined
  /** The change that the entry makes to the records of its channels. */
  readonly change: ReturnType<typeof recordChangeOf>
  /** When the entry arrived, in milliseconds since the epoch. */
  readonly at: number
}

/**
 * The newest entries of the log as bytes, with an index per channel. Live delivery, replay, slow clients and polls all read from it. Entries are
 * numbered in the order of their arrival. A position is the number of the last entry that a reader has. The window has everything after the
 * positions from `base` (the entry before its oldest) to `head`.
 */
export class Window {
  readonly #limits: WindowLimits
  readonly #now: () => number
  readonly #records = new Queue<WindowRecord>()
  readonly #seqById = new Map<string, number>()
  readonly #seqsByChannel = new Map<string, Queue<number>>()
  /** By channel and record, the number of the newest entry of the record. */
  readonly #newest = new Map<string, Map<string, number>>()
  /** Ids of commands, oldest first. Commands are not kept, so the id of a command is an alias for the position of the entry before it. */
  readonly #aliases = new Queue<{ readonly id: string; readonly seq: number }>()
  #base = 0
  #baseId: string
  #headId: string
  #bytes = 0

  constructor(head: string, limits: WindowLimits, now: () => number) {
    this.#baseId = head
    this.#headId = head
    this.#limits = limits
    this.#now = now
  }

  /** The number of the newest entry. */
  get head(): number {
    return this.#base + this.#records.length
  }

  /** The id of the newest entry that is not a command. */
  get headId(): string {
    return this.#headId
  }

  /** The id of the entry before the oldest one: the oldest position that the window can continue from. */
  get baseId(): string {
    return this.#baseId
  }

  get length(): number {
    return this.#records.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Milliseconds since the oldest entry arrived. */
  get span(): number {
    const oldest = this.#records.at(0)
    return oldest ? this.#now() - oldest.at : 0
  }

  append(entry: Entry): WindowRecord {
    const { id, channels, record: name } = entry
    const frame = longLivedFrame(encodeFields(entry))
    const change = recordChangeOf(entry)
    const record = { seq: this.head + 1, id, channels, frame, record: name, change, at: this.#now() }
    this.#records.push(record)
    this.#seqById.set(record.id, record.seq)
    for (const channel of record.channels) {
      const seqs = this.#seqsByChannel.get(channel)
      if (seqs) seqs.push(record.seq)
      else this.#index(channel, record.seq)
      if (record.record !== undefined) this.#noteNewest(channel, record.record, record.seq)
    }
    this.#headId = record.id
    this.#bytes += frame.bytes.length
    return record
  }

  /**
   * Records the id of a command, which the window does not keep: a reader at this id continues after the entry before it. If there are
   * thousands of commands in a row, the oldest aliases are dropped, and the broker reads for readers at these ids.
   */
  addAlias(id: string): void {
    this.#aliases.push({ id, seq: this.head })
    this.#seqById.set(id, this.head)
    if (this.#aliases.length > maxAliases) this.#dropOldestAlias()
  }

  /** Drops the oldest entries until the window is within its limits, but none after `delivered`: live readers still need those. */
  trim(delivered: number): void {
    const { entries, bytes } = this.#limits
    while ((this.#records.length > entries || this.#bytes > bytes) && this.#base < delivered)
      this.#dropOldest()
  }

  /** Drops everything. The log continues after `head`, and the entries in between are not known. */
  reset(head: string): void {
    this.#base = this.head + 1
    this.#baseId = head
    this.#headId = head
    this.#bytes = 0
    this.#records.clear()
    this.#seqById.clear()
    this.#seqsByChannel.clear()
    this.#newest.clear()
    this.#aliases.clear()
  }

  /** The number of a position by its id; `undefined` if the window does not have everything after it. */
  find(id: string): number | undefined {
    return id === this.#baseId ? this.#base : this.#seqById.get(id)
  }

  /** The id of a position by its number. */
  idAt(seq: number): string {
    const id = seq === this.#base ? this.#baseId : this.#records.at(seq - this.#base - 1)?.id
    if (id === undefined)
      throw new RangeError(`Position ${seq} is not in the window, which has ${this.#base} to ${this.head}.`)
    return id
  }

  /** The id of the position before the last `count` entries on any of the channels. If the window holds fewer, it is before all of them. */
  before(channels: Iterable<string>, count: number): string {
    const lists = [...channels].flatMap((channel) => this.#seqsByChannel.get(channel) ?? [])
    const newest = lists.map((seqs) => seqs.length)
    let first = this.head + 1
    for (let left = count; left > 0; left--) {
      const next = Math.max(...lists.map((seqs, index) => seqs.at(newest[index]! - 1) ?? 0))
      if (next <= this.#base) return this.idAt(first - 1)
      first = next
      lists.forEach((seqs, index) => {
        if (seqs.at(newest[index]! - 1) === next) newest[index]!--
      })
    }
    return this.idAt(first - 1)
  }

  /** The entries after a position of the window. */
  *after(seq: number): Generator<WindowRecord> {
    for (let index = seq - this.#base; index < this.#records.length; index++) yield this.#records.at(index)!
  }

  /**
   * Reads the entries after a position that are on any of the channels, each once, in log order: as many as fit into `bytes`, but at least one.
   * `position` is the new position: the head, if there are no more such entries.
   * `newestOnly` skips an entry of a record if newer entries supersede it on all of the channels that carry it.
   */
  read(
    channels: ReadonlySet<string>,
    after: number,
    { bytes, newestOnly = false }: { readonly bytes: number; readonly newestOnly?: boolean },
  ): { records: WindowRecord[]; position: number } {
    const cursors: { seqs: Queue<number>; next: number }[] = []
    for (const channel of channels) {
      const seqs = this.#seqsByChannel.get(channel)
      if (seqs) cursors.push({ seqs, next: firstAfter(seqs, after) })
    }
    const records: WindowRecord[] = []
    let size = 0
    for (;;) {
      let seq = Number.POSITIVE_INFINITY
      for (const { seqs, next } of cursors) seq = Math.min(seq, seqs.at(next) ?? Number.POSITIVE_INFINITY)
      if (seq === Number.POSITIVE_INFINITY) return { records, position: this.head }
      const record = this.#records.at(seq - this.#base - 1)!
      for (const cursor of cursors) if (cursor.seqs.at(cursor.next) === seq) cursor.next++
      if (newestOnly && this.#isSuperseded(record, channels)) continue
      size += record.frame.bytes.length
      if (size > bytes && records.length > 0) return { records, position: records.at(-1)!.seq }
      records.push(record)
    }
  }

  #noteNewest(channel: string, record: string, seq: number): void {
    const newest = this.#newest.get(channel)
    if (newest) newest.set(record, seq)
    else this.#newest.set(channel, new Map([[record, seq]]))
  }

  #isSuperseded({ seq, channels, record }: WindowRecord, read: ReadonlySet<string>): boolean {
    if (record === undefined) return false
    return channels.every((channel) => !read.has(channel) || this.#newest.get(channel)!.get(record)! > seq)
  }

  #index(channel: string, seq: number): void {
    const seqs = new Queue<number>()
    seqs.push(seq)
    this.#seqsByChannel.set(channel, seqs)
  }

  #dropOldest(): void {
    const record = this.#records.shift()
    if (!record) return
    this.#base = record.seq
    this.#baseId = record.id
    this.#seqById.delete(record.id)
    this.#bytes -= record.frame.bytes.length
    for (const channel of record.channels) {
      const seqs = this.#seqsByChannel.get(channel)
      seqs?.shift()
      if (seqs?.length === 0) this.#seqsByChannel.delete(channel)
      this.#forgetNewest(channel, record)
    }
    for (let oldest = this.#aliases.at(0); oldest && oldest.seq < this.#base; oldest = this.#aliases.at(0))
      this.#dropOldestAlias()
  }

  #forgetNewest(channel: string, { record, seq }: WindowRecord): void {
    const newest = record === undefined ? undefined : this.#newest.get(channel)
    if (newest?.get(record!) !== seq) return
    newest.delete(record!)
    if (newest.size === 0) this.#newest.delete(channel)
  }

  #dropOldestAlias(): void {
    const alias = this.#aliases.shift()
    if (alias) this.#seqById.delete(alias.id)
  }
}

/** The index of the first number greater than `seq`, by binary search. */
function firstAfter(seqs: Queue<number>, seq: number): number {
  let low = 0
  let high = seqs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (seqs.at(middle)! <= seq) low = middle + 1
    else high = middle
  }
  return low
}
