import type { DatabaseSync } from 'node:sqlite'
import type { Entry, GapReason, Page, Published } from '@sse/core'
import { formatId, parseId } from './cursor.ts'
import { failure } from './failure.ts'
import { type Row, Statements } from './statements.ts'
import { Terms } from './terms.ts'

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

/** A position in the log, by its number and by the bytes of all entries up to it. */
interface Position {
  readonly seq: number
  readonly bytes: number
}

/** The log in its tables. It begins and ends no transaction itself, and is told when one was rolled back. */
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
    if (!log || terms.length === 0) throw failure('log-corrupt', path)
    this.#epoch = log.epoch
    this.#terms = new Terms(terms)
    const oldest = this.statements.oldest.get()
    this.#base = oldest ? before(oldest) : { seq: log.base, bytes: log.base_bytes }
    this.#head = this.statements.newest.get() ?? this.#base
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

  /** Appends to it, unless its key was used: then there is no entry. */
  append(message: Message, now: number): { readonly published: Published; readonly entry?: Entry } {
    const { channels, event, data, key } = message
    const used = key === undefined ? undefined : this.statements.key.get(key, now)
    if (used) return { published: { id: used.id, duplicate: true } }

    const previous = this.headId
    const seq = this.#head.seq + 1
    const bytes = this.#head.bytes + message.bytes
    this.statements.append.run(seq, now, bytes, JSON.stringify(channels), event ?? null, data)
    const id = this.#idOf(seq)
    if (key !== undefined) this.statements.putKey.run(key, id, now + lifetime)
    this.#head = { seq, bytes }
    return { published: { id, duplicate: false }, entry: { id, previous, channels, event, data } }
  }

  /** What `append` and `letGo` did is undone: the log stands where it stood. */
  rolledBack(to: { readonly head: Position; readonly base: Position }): void {
    this.#head = to.head
    this.#base = to.base
  }

  /** The entries after a cursor, which may be any text. */
  read(after: string, limit: number): Page {
    const cursor = parseId(after)
    if (!cursor) return { gap: 'unknown', resumeAt: this.headId }
    const { epoch, seq, nonce } = cursor
    const gap = epoch === this.#epoch ? this.#gapAt(seq, nonce) : 'forked'
    if (gap) return { gap, resumeAt: this.#idOf(this.#base.seq) }
    const entries = this.#take(seq, this.statements.after.iterate(seq, limit), 1, pageBytes)
    return { entries, done: seq + entries.length === this.#head.seq }
  }

  /** The newest entries, oldest first. */
  tail({ entries, bytes }: { readonly entries: number; readonly bytes: number }): Entry[] {
    const { seq } = this.#head
    const limit = Math.min(entries, Number.MAX_SAFE_INTEGER)
    return this.#take(seq + 1, this.statements.before.iterate(seq, limit), -1, bytes).reverse()
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

  /** Entries in the order of the rows, until so many bytes are exceeded: at least one going forward. */
  #take(from: number, rows: Iterable<Row>, step: 1 | -1, limit: number): Entry[] {
    const entries: Entry[] = []
    let expected = from
    let bytes = 0
    for (const row of rows) {
      expected += step
      // Somebody else deleted from the table: to go on after the hole would hide it.
      if (row.seq !== expected) throw failure('log-corrupt', this.#path)
      bytes += row.data.length
      if (bytes > limit && (step === -1 || entries.length > 0)) break
      entries.push(this.#entryOf(row))
    }
    return entries
  }

  #entryOf({ seq, channels, event, data }: Row): Entry {
    const names: string[] = JSON.parse(channels)
    return {
      id: this.#idOf(seq),
      previous: this.#idOf(seq - 1),
      channels: names,
      event: event ?? undefined,
      data,
    }
  }

  #idOf(seq: number): string {
    const nonce = this.#terms.nonceAt(seq)
    if (nonce === undefined) throw failure('log-corrupt', this.#path)
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
function before({ seq, bytes, channels, event, data }: Row): Position {
  return { seq: seq - 1, bytes: bytes - bytesOf(JSON.parse(channels), event ?? undefined, data) }
}
