import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** The number, age and size of an entry. */
export interface RowSize {
  readonly seq: number
  /** When it was published, in milliseconds since the epoch. */
  readonly at: number
  /** Bytes of the texts of all entries up to this one, since the log began. */
  readonly bytes: number
}

/** An entry as it is stored. */
export interface Row {
  readonly seq: number
  /** A JSON array. */
  readonly channels: string
  readonly event: string | null
  readonly data: string
  readonly record: string | null
}

/** The newest entry of a record, as it is stored. */
export interface RecordRow extends Row {
  readonly id: string
  readonly previous: string
}

/** Not all columns: each costs time, needed or not. */
const row = 'seq, channels, event, data, record'

/** All statements of the log, prepared once. */
export class Statements {
  readonly begin
  readonly lock
  readonly commit
  readonly rollback
  readonly log
  readonly nonces
  readonly newest
  readonly oldest
  readonly after
  readonly before
  readonly append
  readonly expired
  readonly remove
  readonly moveBase
  readonly forgetNonces
  readonly key
  readonly putKey
  readonly forgetKeys
  readonly recordSize
  readonly sumRecords
  readonly sumOfChannel
  readonly countRecords
  readonly putRecord
  readonly removeRecord
  readonly clearRecords
  readonly records
  readonly oldRecords
  readonly ends
  readonly countEnds
  readonly putEnd
  readonly removeEnd
  readonly trimEnds
  readonly fillProbe
  readonly clearProbe

  constructor(database: DatabaseSync) {
    const query = <R>(sql: string) => new Query<R>(prepare(database, sql))
    const command = (sql: string) => prepare(database, sql)
    this.begin = command('BEGIN')
    // Changes nothing, but takes the write lock.
    this.lock = command('UPDATE sse_log SET base = base WHERE 0')
    this.commit = command('COMMIT')
    this.rollback = command('ROLLBACK')
    this.log = query<{ epoch: string; base: number; base_bytes: number }>('SELECT * FROM sse_log')
    this.nonces = query<{ first: number; nonce: string }>('SELECT first, nonce FROM sse_terms ORDER BY first')
    this.newest = query<RowSize>('SELECT seq, at, bytes FROM sse_entries ORDER BY seq DESC LIMIT 1')
    this.oldest = query<Row & RowSize>('SELECT * FROM sse_entries ORDER BY seq LIMIT 1')
    // A range instead of LIMIT: a page that has reached its bytes ends without a search for more rows.
    this.after = query<Row>(
      `SELECT ${row} FROM sse_entries WHERE seq > ? AND seq <= ? AND (
         seq = ? OR bytes <= ? + coalesce((SELECT bytes FROM sse_entries WHERE seq = ?), (SELECT base_bytes FROM sse_log))
       ) ORDER BY seq`,
    )
    this.before = query<Row>(`SELECT ${row} FROM sse_entries WHERE seq <= ? ORDER BY seq DESC LIMIT ?`)
    this.append = command(
      'INSERT INTO sse_entries (seq, at, bytes, channels, event, data, record) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    this.expired = query<RowSize>('SELECT seq, at, bytes FROM sse_entries WHERE seq > ? ORDER BY seq LIMIT ?')
    this.remove = command('DELETE FROM sse_entries WHERE seq <= ?')
    this.moveBase = command('UPDATE sse_log SET base = ?, base_bytes = ?')
    this.forgetNonces = command('DELETE FROM sse_terms WHERE first < ?')
    this.key = query<{ id: string }>('SELECT id FROM sse_keys WHERE key = ? AND expires > ?')
    this.putKey = command('INSERT OR REPLACE INTO sse_keys VALUES (?, ?, ?)')
    this.forgetKeys = command(
      'DELETE FROM sse_keys WHERE key IN (SELECT key FROM sse_keys WHERE expires <= ? ORDER BY expires LIMIT ?)',
    )
    this.recordSize = query<{ bytes: number }>(
      'SELECT bytes FROM sse_records WHERE channel = ? AND record = ?',
    )
    this.sumRecords = query<{ bytes: number }>('SELECT coalesce(sum(bytes), 0) AS bytes FROM sse_records')
    this.sumOfChannel = query<{ bytes: number }>(
      'SELECT coalesce(sum(bytes), 0) AS bytes FROM sse_records WHERE channel = ?',
    )
    this.countRecords = query<{ count: number }>(
      'SELECT count(*) AS count FROM sse_records WHERE channel = ?',
    )
    this.putRecord = command('INSERT OR REPLACE INTO sse_records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.removeRecord = command('DELETE FROM sse_records WHERE channel = ? AND record = ?')
    this.clearRecords = command('DELETE FROM sse_records WHERE channel = ?')
    this.records = query<RecordRow>('SELECT * FROM sse_records WHERE channel = ? ORDER BY seq')
    this.oldRecords = query<{ channel: string; record: string }>(
      'SELECT channel, record FROM sse_records WHERE at < ? AND channel <> ? ORDER BY at LIMIT ?',
    )
    this.ends = query<{ channel: string }>('SELECT channel FROM sse_ends ORDER BY seq')
    this.countEnds = query<{ count: number }>('SELECT count(*) AS count FROM sse_ends')
    this.putEnd = command('INSERT INTO sse_ends VALUES (?, ?)')
    this.removeEnd = command('DELETE FROM sse_ends WHERE channel = ?')
    this.trimEnds = command(
      'DELETE FROM sse_ends WHERE channel NOT IN (SELECT channel FROM sse_ends ORDER BY seq DESC LIMIT ?)',
    )
    this.fillProbe = command('INSERT OR REPLACE INTO sse_probe VALUES (1, zeroblob(?))')
    this.clearProbe = command('DELETE FROM sse_probe')
  }
}

/** A statement with the type of its rows: the only place that casts results of the database. */
class Query<R> {
  readonly #statement: StatementSync

  constructor(statement: StatementSync) {
    this.#statement = statement
  }

  get(...parameters: (string | number)[]): R | undefined {
    return this.#statement.get(...parameters) as R | undefined
  }

  all(...parameters: (string | number)[]): R[] {
    return this.#statement.all(...parameters) as R[]
  }

  iterate(...parameters: (string | number)[]): Iterable<R> {
    return this.#statement.iterate(...parameters) as unknown as Iterable<R>
  }
}

/** The app may have set other defaults on its database. */
function prepare(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql)
  statement.setReturnArrays(false)
  statement.setReadBigInts(false)
  return statement
}
