import type { DatabaseSync } from 'node:sqlite'
import type { Entry, GapReason, Page, Published, SseError } from '@sse/core'
import { formatId, parseId } from './cursor.ts'
import { failure } from '../failure.ts'
import { type Mark, type Row, Statements } from './statements.ts'
import { Terms } from './nonces.ts'

/** What is published, copied when it was. */
export interface Message {
  readonly channels: readonly string[]
  readonly event: string | undefined
  readonly data: string
  readonly key: string | undefined
  /** Bytes of its texts. */
  readonly bytes: number
}

/** How long an idempotency key holds, in milliseconds. */
const lifetime = 600_000
/** Bytes of texts in a page, at the most; one entry may be larger. */
const pageBytes = 1_048_576
/** Entries in a page, at the most. */
const longestPage = 1_000_000

/** A position in the log, by its number and by the bytes of all entries up to it. */
interface Position {
  readonly seq: number
  readonly bytes: number
}

/** What became of a message that was appended. */
export interface Appended {
  readonly published: Published
  /** The number of its entry, or of the one that has its key. */
  readonly seq: number
  /** `undefined` for a repeat. */
  readonly entry?: Entry
}

const incomplete =
  'has tables that are not complete: another program has changed them. Stop the process and put a backup in its place'
const changed =
  'was changed by another program: entries were added or removed that are not of this broker. Leave the tables sse_… to one broker, and start the process again'

/** The log in its tables. */
export class LogTable {
  readonly statements: Statements
  readonly #path: string
  readonly #epoch: string
  readonly #terms: Terms
  #head: Position
  /** The position before the oldest entry that is held. */
  #base: Position

  /** @param database whose tables are there */
  constructor(database: DatabaseSync, path: string) {
    this.statements = new Statements(database)
    this.#path = path
    const log = this.statements.log.get()
    const terms = this.statements.terms.all()
    if (!log || terms.length === 0) throw failure('log-corrupt', path, { because: incomplete })
    this.#epoch = log.epoch
    this.#terms = new Terms(terms)
    const oldest = this.statements.oldest.get()
    this.#base = oldest ? before(oldest) : { seq: log.base, bytes: log.base_bytes }
    this.#head = this.#newest()
  }

  get head(): Position {
    return this.#head
  }

  get base(): Position {
    return this.#base
  }

  get headId(): string {
    return this.#idOf(this.#head.seq)
  }

  /** Reads where the log stands. @throws {SseError} `log-corrupt` when that is not where this broker left it */
  checkHead(): void {
    if (this.#newest().seq !== this.#head.seq) throw this.#changed()
  }

  /** Appends to it, unless its key was used: then there is no entry. */
  append(message: Message, now: number): Appended {
    const { channels, event, data, key } = message
    const used = key === undefined ? undefined : this.statements.key.get(key, now)
    if (used) return { published: { id: used.id, duplicate: true }, seq: parseId(used.id)?.seq ?? 0 }

    const previous = this.headId
    const seq = this.#head.seq + 1
    const bytes = this.#head.bytes + message.bytes
    this.statements.append.run(seq, now, bytes, JSON.stringify(channels), event ?? null, data)
    const id = this.#idOf(seq)
    if (key !== undefined) this.statements.putKey.run(key, id, now + lifetime)
    this.#head = { seq, bytes }
    return { published: { id, duplicate: false }, seq, entry: { id, previous, channels, event, data } }
  }

  /**
   * Within a transaction of the app: a savepoint may have been rolled back, and what was appended since with it.
   *
   * @returns whether that is so
   */
  lookAtHead(): boolean {
    const { seq } = this.#head
    this.#head = this.#newest()
    return this.#head.seq < seq
  }

  /** After a transaction that failed. The app may have committed a part of it: the log stands where its table does. */
  rolledBack(to: { readonly head: Position; readonly base: Position }): void {
    this.#base = to.base
    try {
      this.lookAtHead()
    } catch {
      // It cannot be read either: the next transaction begins with looking.
      this.#head = to.head
    }
  }

  /** The entries after a cursor, which may be any text. */
  read(after: string, limit: number): Page {
    const cursor = parseId(after)
    if (!cursor) return { gap: 'unknown', resumeAt: this.headId }
    const { epoch, seq, nonce } = cursor
    const gap = epoch === this.#epoch ? this.#gapAt(seq, nonce) : 'forked'
    if (gap) return { gap, resumeAt: this.#idOf(this.#base.seq) }
    const last = seq + Math.min(limit, longestPage)
    const rows = this.statements.after.all(seq, last, seq + 1, pageBytes, seq)
    const entries = this.#entriesOf(rows, seq)
    const done = seq + entries.length === this.#head.seq
    if (entries.length === 0 && !done) throw this.#changed()
    return { entries, done }
  }

  /** The newest entries, oldest first. */
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

  /** Lets go of everything up to a position. */
  letGo(position: Position): void {
    this.statements.remove.run(position.seq)
    this.statements.moveBase.run(position.seq, position.bytes)
    this.#base = { seq: position.seq, bytes: position.bytes }
  }

  /** Once entries are let go for good: the terms of those before them. */
  forgetTerms(): void {
    const first = this.#terms.forget(this.#base.seq)
    if (first !== undefined) this.statements.forgetTerms.run(first)
  }

  #gapAt(seq: number, nonce: string): Exclude<GapReason, 'unknown'> | undefined {
    if (seq > this.#head.seq) return 'forked'
    const own = this.#terms.nonceAt(seq)
    if (own !== undefined && own !== nonce) return 'forked'
    return seq < this.#base.seq || own === undefined ? 'trimmed' : undefined
  }

  /** @param after the number before the first row: they follow one another */
  #entriesOf(rows: readonly Row[], after: number): Entry[] {
    let previous = rows.length === 0 ? '' : this.#idOf(after)
    return rows.map(({ seq, channels, event, data }, index) => {
      // Somebody else deleted from the table: to go on after the hole would hide it.
      if (seq !== after + 1 + index) throw this.#changed()
      const id = this.#idOf(seq)
      const names: string[] = JSON.parse(channels)
      const entry = { id, previous, channels: names, event: event ?? undefined, data }
      previous = id
      return entry
    })
  }

  #newest(): Position {
    return this.statements.newest.get() ?? this.#base
  }

  #changed(): SseError {
    return failure('log-corrupt', this.#path, { because: changed })
  }

  #idOf(seq: number): string {
    const nonce = this.#terms.nonceAt(seq)
    if (nonce === undefined) throw failure('log-corrupt', this.#path, { because: incomplete })
    return formatId({ epoch: this.#epoch, seq, nonce })
  }
}

/** Bytes of the texts of an entry. */
export function bytesOf(channels: readonly string[], event: string | undefined, data: string): number {
  let bytes = Buffer.byteLength(data) + (event === undefined ? 0 : Buffer.byteLength(event))
  for (const channel of channels) bytes += Buffer.byteLength(channel)
  return bytes
}

/** The position before a row. */
function before({ seq, bytes, channels, event, data }: Row & Mark): Position {
  return { seq: seq - 1, bytes: bytes - bytesOf(JSON.parse(channels), event ?? undefined, data) }
}
