/** What the stores do with a database, apart from how it is done: SQLite answers at once, PostgreSQL later. The SQL is the same for both. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

export type Row = Readonly<Record<string, unknown>>

/** SQL with `:name` for each parameter. */
export interface Statement {
  readonly sql: string
  readonly params: Readonly<Record<string, string | number>>
}

/** Yields statements one by one, and is given the rows of each. */
export type Work<T> = Generator<Statement, T, readonly Row[]>

/** Runs work outside of a change. */
export type Run = <T>(work: Work<T>) => Promise<T>

/** All rows of a statement. */
export function* all(sql: string, params: Statement['params'] = {}): Work<readonly Row[]> {
  return yield { sql, params }
}

/** The first row of a statement, if there is one. */
export function* first(sql: string, params: Statement['params'] = {}): Work<Row | undefined> {
  const [row] = yield { sql, params }
  return row
}

const prepared = new WeakMap<DatabaseSync, Map<string, StatementSync>>()

/** Does the work in SQLite, in this turn. */
export function doWork<T>(database: DatabaseSync, work: Work<T>): T {
  const statements = prepared.get(database) ?? new Map<string, StatementSync>()
  prepared.set(database, statements)
  for (let step = work.next(); ; ) {
    if (step.done) return step.value
    const { sql, params } = step.value
    const statement = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, statement)
    step = work.next(statement.all(params))
  }
}

type AtOnce<S> = {
  readonly [K in keyof S]: S[K] extends (...args: infer A) => Work<infer T> ? (...args: A) => T : AtOnce<S[K]>
}

/** Stores whose functions do their work in SQLite at once. For tests. */
export function atOnce<S extends object>(database: DatabaseSync, store: S): AtOnce<S> {
  const entries = Object.entries(store).map(([name, part]) => [
    name,
    typeof part === 'function'
      ? (...args: unknown[]) => doWork(database, part(...args))
      : atOnce(database, part),
  ])
  return Object.fromEntries(entries)
}
