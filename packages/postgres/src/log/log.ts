import { type EndedChannels, type Entry, type Records, SseError } from '@sse/core'
import { maxRecords, type RecordLimits } from '@sse/core/internal'
import type { Driver, Row } from '../connection/driver.ts'
import { failure, failureOf, isolationSentence } from '../failure.ts'
import { type Cursor, formatId, newNonce, type Position } from './cursor.ts'
import { quoted, schemaSql, version } from './schema.ts'
import { arrayOf, decodeEntry, type StoredTexts } from './stored-entry.ts'

/** The log at one moment. */
export interface LogState {
  readonly head: Cursor
  /** The position before the oldest entry that can be read. */
  readonly base: Cursor
  /** Whether the server is a replica, which may lag behind. */
  readonly isReplica: boolean
}

/** A row of the log, and its entry. A row without one is the origin, the base, or a place where the log has lost entries. */
export interface LogRow extends Position {
  readonly entry: Entry | undefined
}

/** Rows from a position on. */
export interface LogPage {
  readonly epoch: string
  /** The position of the newest row. */
  readonly head: bigint
  readonly rows: readonly LogRow[]
}

/** An entry to append. */
export interface NewEntry extends StoredTexts {
  readonly nonce: string
  readonly key: string | null
}

/** What became of one entry of a batch. */
export type Outcome =
  | (Cursor & { readonly type: 'appended' | 'repeated' })
  /** By the limit of a channel, or of the bytes of all records. */
  | { readonly type: 'refused'; readonly by: 'channel' | 'bytes' }

export type Appended =
  /** An open transaction has published under a key of the batch, so nothing was appended. */
  | 'contended'
  /** `drained`: the newest position that was given to what transactions have published. */
  | { readonly outcomes: ReadonlyMap<number, Outcome>; readonly drained: Cursor | undefined }

/** Milliseconds that the SQL of the tables may take. */
const migrateTimeout = 30_000
/** The advisory lock under which the tables are made, for all logs of a database. */
const migrateLock = 5_460_323

/** The statements of the log. Every error is an `SseError`. */
export class Log {
  /** The schema, which is also the channel of the notifications. */
  readonly name: string
  readonly driver: Driver
  readonly #schema: string
  readonly #timeout: number
  readonly #recordBytes: number
  readonly #running = new Set<Promise<unknown>>()

  /** @param timeout milliseconds that a publish may take */
  constructor(driver: Driver, schema: string, timeout: number, { bytes }: Pick<RecordLimits, 'bytes'>) {
    this.driver = driver
    this.#timeout = timeout
    this.#recordBytes = bytes
    this.name = schema
    this.#schema = quoted(schema)
  }

  /** Resolves when no statement is running. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  /** Makes the tables and functions, if they are not there or are of an earlier version. */
  async migrate(): Promise<void> {
    const found = await this.#version().catch((error) => {
      if (error instanceof SseError && error.code === 'log-gone') return 0
      throw error
    })
    if (found >= version) return
    // Statements without parameters are one transaction. Two processes that start at the same time would both make the tables.
    const sql = `SELECT pg_advisory_xact_lock(${migrateLock}); ${schemaSql(this.name)}`
    await this.#query(sql, [], migrateTimeout)
  }

  async #version(): Promise<number> {
    const [row] = await this.#query(
      `SELECT version::text FROM ${this.#schema}.log WHERE EXISTS (SELECT FROM ${this.#schema}.entries)`,
    )
    return Number(row?.['version'] ?? 0)
  }

  /** @throws (rejected) {SseError} `log-failed` if the server or the tables do not fit */
  async check(): Promise<void> {
    const [row] = await this.#query(
      `SELECT current_setting('server_version_num') AS server, current_setting('server_encoding') AS encoding, current_setting('transaction_isolation') AS isolation, (SELECT version::text FROM ${this.#schema}.log) AS version`,
    )
    const found = {
      server: Number(row?.['server']),
      encoding: row?.['encoding'],
      version: Number(row?.['version']),
    }
    if (found.server < 130_000) throw failure('log-failed', this.name, 'needs PostgreSQL 13 or later')
    if (found.encoding !== 'UTF8')
      throw failure(
        'log-failed',
        this.name,
        `needs a database with the encoding UTF8, and this one has ${found.encoding}: create another database`,
      )
    if (row?.['isolation'] !== 'read committed') throw failure('log-failed', this.name, isolationSentence)
    if (found.version > version) {
      const later = `was written by a later version of @sse/postgres (${found.version}, this one writes ${version}): install that version`
      throw failure('log-failed', this.name, later)
    }
  }

  async state(): Promise<LogState> {
    const s = this.#schema
    const [row] = await this.#query(
      `SELECT (SELECT epoch FROM ${s}.log) AS epoch, h.position::text AS head, h.nonce AS head_nonce, b.position::text AS base, b.nonce AS base_nonce, pg_is_in_recovery()::text AS replica
       FROM (SELECT position, nonce FROM ${s}.entries ORDER BY position DESC LIMIT 1) h, (SELECT position, nonce FROM ${s}.entries ORDER BY position LIMIT 1) b`,
    )
    if (!row) throw failure('log-gone', this.name)
    const epoch = textOf(row, 'epoch')
    const at = (name: string) => ({
      epoch,
      position: BigInt(textOf(row, name)),
      nonce: textOf(row, `${name}_nonce`),
    })
    return { head: at('head'), base: at('base'), isReplica: textOf(row, 'replica') === 'true' }
  }

  /** Reads from a position on, oldest first: as many rows as fit, but at least one that is newer. The data of the first row is left out. */
  async from(position: bigint, most: { readonly entries: number; readonly bytes: number }): Promise<LogPage> {
    const s = this.#schema
    const rows = await this.#query(
      `SELECT e.position::text, nonce, header, record, data, (SELECT epoch FROM ${s}.log) AS epoch, (SELECT max(position)::text FROM ${s}.entries) AS head
       FROM (
         SELECT position, nonce, header, record, CASE WHEN position > ${position} THEN data END AS data,
           sum(CASE WHEN position > ${position} THEN octet_length(data) ELSE 0 END) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) AS bytes
         FROM ${s}.entries WHERE position >= ${position} ORDER BY position LIMIT ${most.entries + 1}
       ) e WHERE bytes - coalesce(octet_length(data), 0) < ${most.bytes} ORDER BY e.position`,
    )
    const [first] = rows
    return {
      epoch: first ? textOf(first, 'epoch') : '',
      head: first ? BigInt(textOf(first, 'head')) : 0n,
      rows: this.#rowsOf(rows, position),
    }
  }

  /** Reads back from a position, newest first. */
  async before(
    position: bigint,
    most: { readonly entries: number; readonly bytes: number },
  ): Promise<readonly Row[]> {
    return this.#query(
      `SELECT e.position::text, nonce, header, record, data FROM (
         SELECT position, nonce, header, record, data, sum(octet_length(data)) OVER (ORDER BY position DESC ROWS UNBOUNDED PRECEDING) AS bytes
         FROM ${this.#schema}.entries WHERE position <= ${position} ORDER BY position DESC LIMIT ${most.entries}
       ) e WHERE bytes IS NULL OR bytes - coalesce(octet_length(data), 0) < ${most.bytes} ORDER BY e.position DESC`,
    )
  }

  /** The rows as entries, each after the one before it. @param rows oldest first */
  entriesOf(rows: readonly Row[], epoch: string): readonly LogRow[] {
    return this.#rowsOf(rows, undefined, epoch)
  }

  /**
   * Gives positions to what transactions have published, and appends a batch.
   *
   * @param after a position before the first attempt to append the batch. What another attempt has appended is found, and not appended again
   * @param wait milliseconds to wait for open transactions that have published under a key of the batch
   * @param sweep look at everything that has no position, and not only at what is new
   */
  async append(
    batch: readonly NewEntry[],
    {
      after,
      wait = 50,
      sweep = false,
    }: {
      readonly after?: bigint | undefined
      readonly wait?: number
      readonly sweep?: boolean
    } = {},
  ): Promise<Appended> {
    const array = (of: (entry: NewEntry) => string | null) => arrayOf(batch.map(of))
    const rows = await this.#query(
      `SELECT item::text, outcome, place AS position, nonce, (SELECT epoch FROM ${this.#schema}.log) AS epoch FROM ${this.#schema}.append($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint, $7::integer, $8::integer, $9::bigint, $10::boolean, $11::integer)`,
      [
        array(({ nonce }) => nonce),
        array(({ header }) => header),
        array(({ record }) => record),
        array(({ data }) => data),
        array(({ key }) => key),
        after === undefined ? null : String(after),
        String(wait),
        String(maxRecords),
        String(Math.min(Math.floor(this.#recordBytes), Number.MAX_SAFE_INTEGER)),
        String(sweep),
        String(Math.ceil(this.#timeout / 2)),
      ],
      // A second attempt fits into the time of a publish.
      wait + this.#timeout * 0.6,
    )
    return appendedOf(rows, batch)
  }

  /** The statement that publishes within a transaction. Each parameter is used once, in the order of the numbers. */
  enqueueStatement(
    params: [nonce: string, header: string, record: string | null, data: string, key: string | null],
  ): {
    readonly text: string
    readonly params: (string | null)[]
  } {
    const text = `SELECT receipt, xid, duplicate, (SELECT epoch FROM ${this.#schema}.log) AS epoch FROM ${this.#schema}.enqueue($1::text, $2::text, $3::text, $4::text, $5::text)`
    return { text, params }
  }

  /** Marks that the log has lost the entry of a position, unless it is marked already. */
  async fork({ position, nonce }: Position): Promise<void> {
    await this.#query(`SELECT marked FROM ${this.#schema}.fork($1::text::bigint, $2::text, $3::text)`, [
      String(position),
      nonce,
      newNonce(),
    ])
  }

  /** Removes a slice of the oldest entries beyond the limits. @param from the base of the call before */
  async trim(
    from: bigint,
    keep: { readonly entries: number; readonly age: number },
    slice: number,
  ): Promise<{ more: boolean; base: bigint }> {
    const [row] = await this.#query(
      `SELECT more, base FROM ${this.#schema}.trim($1::text::bigint, $2::text::bigint, make_interval(secs => $3::text::double precision), $4::text::integer)`,
      [String(from), String(keep.entries), String(keep.age / 1_000), String(slice)],
    )
    return row
      ? { more: row['more'] === 'true', base: BigInt(textOf(row, 'base')) }
      : { more: false, base: from }
  }

  /** Appends the removal of records that nobody has set for long. @returns how many: at most `slice` */
  async removeOldRecords(age: number, slice: number): Promise<number> {
    const nonces = Array.from({ length: slice }, newNonce)
    const [row] = await this.#query(
      `SELECT removed FROM ${this.#schema}.remove_old_records(make_interval(secs => $1::text::double precision), $2::text::text[])`,
      [String(age / 1_000), arrayOf(nonces)],
    )
    return Number(row?.['removed'] ?? 0)
  }

  /** Tells the other processes that something is new. */
  async notify(payload: string): Promise<void> {
    await this.#query(`SELECT pg_notify($1::text, $2::text)`, [this.name, payload])
  }

  async signal(texts: readonly string[]): Promise<void> {
    await this.#query(`SELECT number FROM ${this.#schema}.signal($1::text::text[])`, [
      arrayOf(texts.map((text) => JSON.stringify(text))),
    ])
  }

  /** The signals after a number, oldest first. */
  async signalsAfter(
    number: bigint,
    most: number,
  ): Promise<readonly { readonly number: bigint; readonly text: string }[]> {
    const rows = await this.#query(
      `SELECT number::text, text FROM ${this.#schema}.signals s WHERE number > ${number} ORDER BY s.number LIMIT ${most}`,
    )
    return rows.map((row) => ({
      number: BigInt(textOf(row, 'number')),
      text: JSON.parse(textOf(row, 'text')) as string,
    }))
  }

  async newestSignal(): Promise<bigint> {
    const [row] = await this.#query(
      `SELECT coalesce(max(number), 0)::text AS number FROM ${this.#schema}.signals`,
    )
    return BigInt(textOf(row, 'number'))
  }

  /** The records of channels at the head of the log. */
  async records(channels: readonly string[]): Promise<Records> {
    const s = this.#schema
    const rows = await this.#query(
      `SELECT l.epoch, h.position::text AS head, h.nonce AS head_nonce, r.position::text, r.nonce, r.previous_position::text AS previous, r.previous_nonce, r.header, r.record, r.data
       FROM ${s}.log l, (SELECT position, nonce FROM ${s}.entries ORDER BY position DESC LIMIT 1) h
       LEFT JOIN (SELECT DISTINCT ON (position) * FROM ${s}.records WHERE channel = ANY($1::text::text[]) ORDER BY position) r ON true
       ORDER BY r.position`,
      [arrayOf(channels)],
    )
    const idOf = (row: Row, position: string, nonce: string) =>
      formatId({
        epoch: textOf(row, 'epoch'),
        position: BigInt(textOf(row, position)),
        nonce: textOf(row, nonce),
      })
    const entries = rows.flatMap((row) => {
      if (row['position'] === null) return []
      const [header, data, record] = [textOf(row, 'header'), textOf(row, 'data'), textOf(row, 'record')]
      return {
        id: idOf(row, 'position', 'nonce'),
        previous: idOf(row, 'previous', 'previous_nonce'),
        ...decodeEntry({ header, data, record }),
      }
    })
    const [first] = rows
    if (!first) throw failure('log-gone', this.name)
    return { position: idOf(first, 'head', 'head_nonce'), entries }
  }

  /** The channels that have ended, at the head of the log. */
  async ended(): Promise<EndedChannels> {
    const s = this.#schema
    const rows = await this.#query(
      `SELECT l.epoch, h.position::text, h.nonce, x.channel
       FROM ${s}.log l, (SELECT position, nonce FROM ${s}.entries ORDER BY position DESC LIMIT 1) h
       LEFT JOIN ${s}.ends x ON x.position <= h.position
       ORDER BY x.position`,
    )
    const [first] = rows
    if (!first) throw failure('log-gone', this.name)
    const [epoch, nonce] = [textOf(first, 'epoch'), textOf(first, 'nonce')]
    return {
      position: formatId({ epoch, position: BigInt(textOf(first, 'position')), nonce }),
      channels: rows.flatMap((row) => (row['channel'] === null ? [] : textOf(row, 'channel'))),
    }
  }

  /** The id of what was published under a receipt; `undefined` if it has none. */
  async idOf(receipt: string): Promise<string | undefined> {
    return (await this.#idIn('entries', receipt)) ?? this.#idIn('keys', receipt)
  }

  /** A key outlives its entry. */
  async #idIn(table: 'entries' | 'keys', receipt: string): Promise<string | undefined> {
    const s = this.#schema
    const [row] = await this.#query(
      `SELECT position::text, nonce, (SELECT epoch FROM ${s}.log) AS epoch FROM ${s}.${table} WHERE receipt = $1::bigint AND position IS NOT NULL`,
      [receipt],
    )
    if (!row) return undefined
    const [epoch, nonce] = [textOf(row, 'epoch'), textOf(row, 'nonce')]
    return formatId({ epoch, position: BigInt(textOf(row, 'position')), nonce })
  }

  /** Events of committed transactions that have no position, and the milliseconds since the oldest was published. */
  async unsequenced(): Promise<{ unsequenced: number; lag: number }> {
    const [row] = await this.#query(
      `SELECT count(*)::text AS count, coalesce(round(extract(epoch FROM clock_timestamp() - min(at)) * 1000), 0)::text AS lag FROM ${this.#schema}.outbox`,
    )
    return { unsequenced: Number(textOf(row, 'count')), lag: Number(textOf(row, 'lag')) }
  }

  /** Which of these transactions are in progress. */
  async inProgress(xids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#query(
      `SELECT x::text AS xid FROM unnest($1::text::xid8[]) x WHERE x < pg_snapshot_xmax(pg_current_snapshot()) AND pg_xact_status(x) = 'in progress'`,
      [arrayOf(xids)],
    )
    return new Set(rows.map((row) => textOf(row, 'xid')))
  }

  #rowsOf(rows: readonly Row[], cursor: bigint | undefined, ofEpoch?: string): readonly LogRow[] {
    let previous = ''
    return rows.map((row) => {
      const position = BigInt(textOf(row, 'position'))
      const nonce = textOf(row, 'nonce')
      const id = formatId({ epoch: ofEpoch ?? textOf(row, 'epoch'), position, nonce })
      const [header, data, record] = [row['header'], row['data'], row['record']]
      const isEntry = typeof header === 'string' && typeof data === 'string' && position !== cursor
      const entry = isEntry
        ? {
            id,
            previous,
            ...decodeEntry({ header, data, record: typeof record === 'string' ? record : null }),
          }
        : undefined
      previous = id
      return { position, nonce, entry }
    })
  }

  /**
   * The parameters become a part of the text, so that PostgreSQL gets one message, and runs all of it or nothing. Parameters make several messages.
   * If the connection hangs between them, a transaction stays open and keeps its locks.
   */
  async #query(
    text: string,
    params: readonly (string | null)[] = [],
    timeout?: number,
  ): Promise<readonly Row[]> {
    const sql = text.replace(/\$([0-9]+)/g, (_, number: string) =>
      literal(params[Number(number) - 1] ?? null),
    )
    const running = this.driver.query(sql, [], timeout)
    this.#running.add(running)
    try {
      return await running
    } catch (error) {
      throw failureOf(error, this.name)
    } finally {
      this.#running.delete(running)
    }
  }
}

/** The reply names only what was not appended, because the rest is in the order of the batch. */
function appendedOf(rows: readonly Row[], batch: readonly NewEntry[]): Appended {
  const outcomes = new Map<number, Outcome>()
  let drained: Cursor | undefined
  let next: Cursor | undefined
  for (const row of rows) {
    const type = textOf(row, 'outcome')
    if (type === 'contended') return 'contended'
    const item = Number(row['item']) - 1
    if (type === 'refused') {
      outcomes.set(item, { type, by: row['position'] === 'bytes' ? 'bytes' : 'channel' })
      continue
    }
    const at = {
      epoch: textOf(row, 'epoch'),
      position: BigInt(textOf(row, 'position')),
      nonce: textOf(row, 'nonce'),
    }
    if (type === 'drained') drained = at
    else if (type === 'first') next = at
    else outcomes.set(item, { type: type === 'appended' ? type : 'repeated', ...at })
  }
  for (const [index, { nonce }] of batch.entries()) {
    if (outcomes.has(index) || !next) continue
    outcomes.set(index, { type: 'appended', ...next, nonce })
    next = { ...next, position: next.position + 1n }
  }
  return { outcomes, drained }
}

function literal(text: string | null): string {
  if (text === null) return 'NULL'
  // A backslash in E'…' means the same whatever standard_conforming_strings is.
  return text.includes('\\') ? `E'${text.replace(/['\\]/g, '$&$&')}'` : `'${text.replaceAll("'", "''")}'`
}

/** @throws if the driver did not return a text */
export function textOf(row: Row | undefined, column: string): string {
  const value = row?.[column]
  if (typeof value === 'string') return value
  throw new TypeError(`The column ${column} is ${String(value)}, and must be a text.`)
}
