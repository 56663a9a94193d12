import type { DatabaseSync } from 'node:sqlite'
import type { EndedChannels, Entry, GapReason, Page, Published, Records, SseError } from '@sse/core'
import {
  commandChannel,
  maxEnded,
  maxRecords,
  type RecordLimits,
  recordBytes,
  recordChangeOf,
  recordsFull,
  removalOf,
  tooManyRecords,
} from '@sse/core/internal'
import { failure } from '../failure.ts'
import { formatId, parseId } from './cursor.ts'
import { Nonces } from './nonces.ts'
import { type RecordRow, type Row, type RowSize, Statements } from './statements.ts'

/** An event to append, copied at the call of publish. */
export interface NewEntry {
  readonly channels: readonly string[]
  readonly event: string | undefined
  readonly data: string
  readonly key: string | undefined
  readonly record: string | undefined
  /** Bytes of its texts. */
  readonly bytes: number
}

/** Milliseconds that an idempotency key holds. */
const keyLifetime = 600_000
/** Bytes of texts in a page at most. A single entry may be larger. */
const pageBytes = 1_048_576
/** Entries in a page at most. */
const pageEntries = 1_000_000

/** Ended channels beyond the limit that are forgotten at a time. */
const endsPerTrim = 1_000

/** A place in the log: the number of an entry, and the bytes of all entries up to it. */
interface LogOffset {
  readonly seq: number
  readonly bytes: number
}

/** The result of appending. */
export interface Appended {
  readonly published: Published
  /** The number of its entry, or of the entry that was published under the same key. */
  readonly seq: number
  /** `undefined` if the key was used before, or the entry was refused. */
  readonly entry?: Entry
  /** Why the entry was not appended. */
  readonly refusal?: SseError
}

const incomplete =
  'has incomplete tables, because another program has changed them: stop the process and restore a backup'
const changed =
  'was changed by another program, which has added or removed entries: leave the tables sse_… to one broker, and restart the process'

/** The log in its tables. */
export class LogTable {
  readonly statements: Statements
  readonly #path: string
  readonly #epoch: string
  readonly #nonces: Nonces
  readonly #limits: RecordLimits
  /** The bytes of all records, and the number of ended channels. `undefined` after a rollback, until they are needed. */
  #totals: { recordBytes: number; ends: number } | undefined
  #head: LogOffset
  /** The offset before the oldest entry that is held. */
  #base: LogOffset

  /** @param database has the tables */
  constructor(database: DatabaseSync, path: string, limits: RecordLimits) {
    this.#limits = limits
    this.statements = new Statements(database)
    this.#path = path
    const log = this.statements.log.get()
    const nonces = this.statements.nonces.all()
    if (!log || nonces.length === 0) throw failure('log-corrupt', path, incomplete)
    this.#epoch = log.epoch
    this.#nonces = new Nonces(nonces)
    const oldest = this.statements.oldest.get()
    this.#base = oldest ? before(oldest) : { seq: log.base, bytes: log.base_bytes }
    this.#head = this.#newest()
  }

  get head(): LogOffset {
    return this.#head
  }

  get base(): LogOffset {
    return this.#base
  }

  get headId(): string {
    return this.#idOf(this.#head.seq)
  }

  /** Reads the head. @throws {SseError} `log-corrupt` if it is not where this broker left it */
  checkHead(): void {
    if (this.#newest().seq !== this.#head.seq) throw this.#changed()
  }

  /** Appends an entry, unless its key was used before. */
  append(appending: NewEntry, now: number): Appended {
    const { channels, event, data, key, record, bytes: size } = appending
    const used = key === undefined ? undefined : this.statements.key.get(key, now)
    if (used) return { published: { id: used.id, duplicate: true }, seq: parseId(used.id)?.seq ?? 0 }

    const previous = this.headId
    const refusal = this.#refusalOf(appending)
    if (refusal) return { published: { id: previous, duplicate: false }, seq: 0, refusal }
    const seq = this.#head.seq + 1
    const bytes = this.#head.bytes + size
    this.statements.append.run(seq, now, bytes, JSON.stringify(channels), event ?? null, data, record ?? null)
    const id = this.#idOf(seq)
    if (key !== undefined) this.statements.putKey.run(key, id, now + keyLifetime)
    this.#head = { seq, bytes }
    const entry = { id, previous, channels, event, data, ...(record !== undefined && { record }) }
    this.#changeRecords(seq, entry, now)
    this.#noteEnd(seq, entry)
    return { published: { id, duplicate: false }, seq, entry }
  }

  /** Reads the records of channels. */
  records(channels: readonly string[]): Records {
    const bySeq = new Map<number, Entry>()
    for (const channel of channels) {
      for (const row of this.statements.records.iterate(channel)) {
        if (!bySeq.has(row.seq)) bySeq.set(row.seq, entryOf(row))
      }
    }
    return { position: this.headId, entries: [...bySeq.values()] }
  }

  ended(): EndedChannels {
    return {
      position: this.headId,
      channels: [...this.statements.ends.iterate()].map(({ channel }) => channel),
    }
  }

  /** Appends the removal of records that were last set before a time. @returns at most `limit` entries */
  removeOldRecords(before: number, now: number, limit: number): Entry[] {
    return this.statements.oldRecords.all(before, commandChannel, limit).flatMap(({ channel, record }) => {
      const removal = { channels: [channel], ...removalOf(channel, record), record }
      return this.append({ ...removal, key: undefined, bytes: textBytes(removal) }, now).entry ?? []
    })
  }

  /**
   * Reads the head again, within a transaction of the app: rolling back to a savepoint removes entries.
   *
   * @returns whether entries were removed
   */
  refreshHead(): boolean {
    const { seq } = this.#head
    this.#head = this.#newest()
    if (this.#head.seq < seq) this.#totals = undefined
    return this.#head.seq < seq
  }

  /** Restores the offsets after a transaction that failed. The app may have committed a part of it, so the head is read. */
  rolledBack(to: { readonly head: LogOffset; readonly base: LogOffset }): void {
    this.#base = to.base
    this.#totals = undefined
    try {
      this.refreshHead()
    } catch {
      // Reading fails too. The next transaction checks the head.
      this.#head = to.head
    }
  }

  /** Reads the entries after a cursor, which may be any text. */
  read(after: string, limit: number): Page {
    const cursor = parseId(after)
    if (!cursor) return { gap: 'unknown', resumeAt: this.headId }
    const { epoch, seq, nonce } = cursor
    const gap = epoch === this.#epoch ? this.#gapAt(seq, nonce) : 'forked'
    if (gap) return { gap, resumeAt: this.#idOf(this.#base.seq) }
    const last = seq + Math.min(limit, pageEntries)
    const rows = this.statements.after.all(seq, last, seq + 1, pageBytes, seq)
    const entries = this.#entriesOf(rows, seq)
    const done = seq + entries.length === this.#head.seq
    if (entries.length === 0 && !done) throw this.#changed()
    return { entries, done }
  }

  /** Reads the newest entries, oldest first. */
  tail({ entries, bytes }: { readonly entries: number; readonly bytes: number }): Entry[] {
    const { seq } = this.#head
    const rows: Row[] = []
    let length = 0
    for (const row of this.statements.before.iterate(seq, Math.min(entries, Number.MAX_SAFE_INTEGER))) {
      length += row.data.length
      if (length > bytes) break
      rows.push(row)
    }
    return this.#entriesOf(rows.reverse(), seq - rows.length)
  }

  /** Removes all entries up to this one. */
  removeUpTo({ seq, bytes }: LogOffset): void {
    this.statements.remove.run(seq)
    this.statements.moveBase.run(seq, bytes)
    this.#base = { seq, bytes }
  }

  /** Forgets the nonces of entries that were removed. */
  forgetNonces(): void {
    const first = this.#nonces.forgetBefore(this.#base.seq)
    if (first !== undefined) this.statements.forgetNonces.run(first)
  }

  #refusalOf({ channels, event, data, record }: NewEntry): SseError | undefined {
    if (record === undefined || recordChangeOf({ event, record }) !== 'set') return undefined
    const { recordSize, countRecords } = this.statements
    let growth = 0
    for (const channel of channels) {
      const old = recordSize.get(channel, record)
      const isFull = !old && (countRecords.get(channel)?.count ?? 0) >= maxRecords
      if (isFull) return tooManyRecords(channel, record)
      growth += recordBytes(channel, { event, data, record }) - (old?.bytes ?? 0)
    }
    const isFull = growth > 0 && this.#readTotals().recordBytes + growth > this.#limits.bytes
    return isFull && channels[0] !== commandChannel ? recordsFull(this.#limits.bytes, record) : undefined
  }

  #changeRecords(seq: number, entry: Entry, now: number): void {
    const { id, previous, channels, event, data, record = '' } = entry
    const { putRecord, removeRecord, clearRecords, recordSize, sumOfChannel } = this.statements
    const change = recordChangeOf({ event, record: record || undefined })
    if (!change) return
    const totals = this.#readTotals()
    const texts = JSON.stringify(channels)
    for (const channel of channels) {
      if (change === 'clear') {
        totals.recordBytes -= sumOfChannel.get(channel)?.bytes ?? 0
        clearRecords.run(channel)
        continue
      }
      totals.recordBytes -= recordSize.get(channel, record)?.bytes ?? 0
      if (change === 'remove') removeRecord.run(channel, record)
      else {
        const bytes = recordBytes(channel, entry)
        putRecord.run(channel, record, seq, id, previous, texts, event ?? null, data, now, bytes)
        totals.recordBytes += bytes
      }
    }
  }

  /** An entry opens its channels again, unless it ends them. */
  #noteEnd(seq: number, { channels, event }: Entry): void {
    const { putEnd, removeEnd, trimEnds } = this.statements
    const isEnd = recordChangeOf({ event }) === 'clear'
    const totals = this.#readTotals()
    if (!isEnd && totals.ends === 0) return
    for (const channel of channels) {
      totals.ends -= Number(removeEnd.run(channel).changes)
      if (isEnd) totals.ends += Number(putEnd.run(channel, seq).changes)
    }
    // Some at a time, because it passes all of them.
    if (totals.ends > maxEnded + endsPerTrim) totals.ends -= Number(trimEnds.run(maxEnded).changes)
  }

  #readTotals(): { recordBytes: number; ends: number } {
    const { sumRecords, countEnds } = this.statements
    this.#totals ??= {
      recordBytes: sumRecords.get()?.bytes ?? 0,
      ends: countEnds.get()?.count ?? 0,
    }
    return this.#totals
  }

  #gapAt(seq: number, nonce: string): Exclude<GapReason, 'unknown'> | undefined {
    if (seq > this.#head.seq) return 'forked'
    const own = this.#nonces.at(seq)
    if (own !== undefined && own !== nonce) return 'forked'
    return seq < this.#base.seq || own === undefined ? 'trimmed' : undefined
  }

  /** @param after the number before the first row; the numbers of the rows must be consecutive */
  #entriesOf(rows: readonly Row[], after: number): Entry[] {
    let previous = rows.length === 0 ? '' : this.#idOf(after)
    return rows.map((row, index) => {
      // Another program has deleted rows. To continue after the hole would hide that.
      if (row.seq !== after + 1 + index) throw this.#changed()
      const id = this.#idOf(row.seq)
      const entry = entryOf({ ...row, id, previous })
      previous = id
      return entry
    })
  }

  #newest(): LogOffset {
    return this.statements.newest.get() ?? this.#base
  }

  #changed(): SseError {
    return failure('log-corrupt', this.#path, changed)
  }

  #idOf(seq: number): string {
    const nonce = this.#nonces.at(seq)
    if (nonce === undefined) throw failure('log-corrupt', this.#path, incomplete)
    return formatId({ epoch: this.#epoch, seq, nonce })
  }
}

function entryOf({ id, previous, channels, event, data, record }: RecordRow): Entry {
  const entry = { id, previous, channels: JSON.parse(channels), event: event ?? undefined, data }
  return record === null ? entry : { ...entry, record }
}

/** Bytes of the texts of an entry. */
export function textBytes({
  channels,
  event = '',
  data,
  record = '',
}: Pick<Entry, 'channels' | 'event' | 'data' | 'record'>): number {
  let bytes = Buffer.byteLength(data) + Buffer.byteLength(event) + Buffer.byteLength(record)
  for (const channel of channels) bytes += Buffer.byteLength(channel)
  return bytes
}

/** The offset before a row. */
function before(row: Row & RowSize): LogOffset {
  return { seq: row.seq - 1, bytes: row.bytes - textBytes(entryOf({ ...row, id: '', previous: '' })) }
}
