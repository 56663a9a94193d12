import { encodeFields } from '../wire/encode.ts'
import { type Frame, heldFrame } from '../wire/frame.ts'
import type { Entry } from './broker.ts'
import { Fifo } from './fifo.ts'
import { recordChangeOf } from './records.ts'

/** How much of the log's end is held in memory. */
export interface WindowLimits {
  /** Entries held at most. Default 10,000. */
  readonly entries: number
  /** Bytes of encoded events held at most. Default 16 MiB. */
  readonly bytes: number
}

/** How many ids of entries that take no place are known at most. */
const mostPassed = 1_000

/** An entry in the window: its place, and its event as bytes. */
export interface WindowRecord {
  /** Its number in this process: one more than the entry before it. */
  readonly seq: number
  readonly id: string
  readonly channels: readonly string[]
  readonly frame: Frame
  /** The record that it sets or removes on its channels. */
  readonly record: string | undefined
  /** What it does to the records of its channels. */
  readonly change: ReturnType<typeof recordChangeOf>
  /** When it came, in milliseconds since the epoch. */
  readonly at: number
}

/**
 * The newest entries of the log as bytes, with an index per channel: what live delivery shares, and what a returning, a slow
 * and a polling client read from. Entries are numbered in the order they came; a position is the number of the last entry
 * passed, and is complete from `base` (the entry before the oldest held) to `head`.
 */
export class Window {
  readonly #limits: WindowLimits
  readonly #now: () => number
  readonly #records = new Fifo<WindowRecord>()
  readonly #seqById = new Map<string, number>()
  readonly #seqsByChannel = new Map<string, Fifo<number>>()
  /** By channel and record, the number of the newest entry of the record. */
  readonly #newest = new Map<string, Map<string, number>>()
  /** Entries that were passed and are not held, oldest first: each id is another name for the position that it left unchanged. */
  readonly #passed = new Fifo<{ readonly id: string; readonly seq: number }>()
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

  /** The id of the newest entry: the head of the log as far as this process knows it. */
  get headId(): string {
    return this.#headId
  }

  /** The id of the entry before the oldest held: the oldest position that is complete. */
  get baseId(): string {
    return this.#baseId
  }

  get length(): number {
    return this.#records.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The time between now and the arrival of the oldest entry held, in milliseconds. */
  get span(): number {
    const oldest = this.#records.at(0)
    return oldest ? this.#now() - oldest.at : 0
  }

  append(entry: Entry): WindowRecord {
    const held = heldFrame(encodeFields(entry))
    const record = {
      seq: this.head + 1,
      id: entry.id,
      channels: entry.channels,
      frame: held,
      record: entry.record,
      change: recordChangeOf(entry),
      at: this.#now(),
    }
    this.#records.push(record)
    this.#seqById.set(record.id, record.seq)
    for (const channel of record.channels) {
      const seqs = this.#seqsByChannel.get(channel)
      if (seqs) seqs.push(record.seq)
      else this.#index(channel, record.seq)
      if (record.record !== undefined) this.#noteNewest(channel, record.record, record.seq)
    }
    this.#headId = record.id
    this.#bytes += held.bytes.length
    return record
  }

  /**
   * Passes an entry that takes no place here, such as a command to the hubs: reading on from its id is the same as from the entry before it.
   * Of thousands in a row the oldest ids are forgotten, and read on from by the broker.
   */
  pass(id: string): void {
    this.#passed.push({ id, seq: this.head })
    this.#seqById.set(id, this.head)
    if (this.#passed.length > mostPassed) this.#forgetPassed()
  }

  /** Lets go of the oldest entries until the limits hold again. */
  trim(): void {
    while (this.#records.length > this.#limits.entries || this.#bytes > this.#limits.bytes) this.#dropOldest()
  }

  /** Forgets everything: the log goes on after `head`, and what lay between is not known here. */
  reset(head: string): void {
    this.#base = this.head + 1
    this.#baseId = head
    this.#headId = head
    this.#bytes = 0
    this.#records.clear()
    this.#seqById.clear()
    this.#seqsByChannel.clear()
    this.#newest.clear()
    this.#passed.clear()
  }

  /** The number of a position by its id; `undefined` when it is not complete here. */
  find(id: string): number | undefined {
    return id === this.#baseId ? this.#base : this.#seqById.get(id)
  }

  /** The id of a position by its number. */
  idAt(seq: number): string {
    const id = seq === this.#base ? this.#baseId : this.#records.at(seq - this.#base - 1)?.id
    if (id === undefined)
      throw new RangeError(`Position ${seq} is outside of the window ${this.#base} to ${this.head}.`)
    return id
  }

  /** The id of the position before the last `count` entries on any of the channels; before all that are held, if they are fewer. */
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

  /** The entries after a position, which must be complete. */
  *after(seq: number): Generator<WindowRecord> {
    for (let index = seq - this.#base; index < this.#records.length; index++) yield this.#records.at(index)!
  }

  /**
   * The entries after a position that are on any of the channels, each once, in log order, of about `bytes` at most but at
   * least one. `position` is where reading stands then: the head, when nothing was left out. `newestOnly` skips entries of records that are
   * superseded on all of the channels: what supersedes them comes later.
   */
  read(
    channels: ReadonlySet<string>,
    after: number,
    { bytes, newestOnly = false }: { readonly bytes: number; readonly newestOnly?: boolean },
  ): { records: WindowRecord[]; position: number } {
    const cursors: { seqs: Fifo<number>; next: number }[] = []
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
    const seqs = new Fifo<number>()
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
    for (let oldest = this.#passed.at(0); oldest && oldest.seq < this.#base; oldest = this.#passed.at(0))
      this.#forgetPassed()
  }

  #forgetNewest(channel: string, { record, seq }: WindowRecord): void {
    const newest = record === undefined ? undefined : this.#newest.get(channel)
    if (newest?.get(record!) !== seq) return
    newest.delete(record!)
    if (newest.size === 0) this.#newest.delete(channel)
  }

  #forgetPassed(): void {
    const passed = this.#passed.shift()
    if (passed) this.#seqById.delete(passed.id)
  }
}

/** The index of the first number greater than `seq`: they ascend, so half of the rest is ruled out at every step. */
function firstAfter(seqs: Fifo<number>, seq: number): number {
  let low = 0
  let high = seqs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (seqs.at(middle)! <= seq) low = middle + 1
    else high = middle
  }
  return low
}
