import {
  checkAmount,
  checkNames,
  checkObject,
  checkTimeouts,
  type RecordLimits,
  type RecordOptions,
  recordLimitsOf,
  refuseOption,
  type TailOptions,
  tailOf,
} from '@sse/core/internal'
import { checkPool, type PgPoolLike, type PostgresDriver } from './connection/driver.ts'

export interface PostgresBrokerOptions extends RecordOptions, TailOptions {
  /** A Pool of the package `pg`, or an adapter of another driver. The broker uses one connection to listen, and the others for moments. */
  readonly pool: PgPoolLike | PostgresDriver
  /**
   * A pool whose connections go to PostgreSQL itself, for the connection that listens, if those of `pool` go through a pooler in transaction
   * mode such as PgBouncer. Default: `pool`. `false`: the broker polls.
   */
  readonly listen?: PgPoolLike | PostgresDriver | false | undefined
  /** The schema of the tables, and the channel of the notifications. Brokers with the same schema share one log. Default `sse`. */
  readonly schema?: string | undefined
  /** Whether `start` makes the tables that are missing. If not, run the SQL of `postgresSchema`. Default true. */
  readonly migrate?: boolean | undefined
  /** What the log keeps. Default 100,000 entries and 7 days (`age`, in milliseconds). It removes the oldest as soon as a limit is exceeded. */
  readonly keep?: { readonly entries?: number | undefined; readonly age?: number | undefined } | undefined
  /**
   * Milliseconds between two looks at the log. `listening`: while notifications arrive, in case one is lost; longer lets a serverless database
   * sleep. `polling`: while they do not. Default 1,000 and 100.
   */
  readonly poll?:
    | { readonly listening?: number | undefined; readonly polling?: number | undefined }
    | undefined
  /** Milliseconds that a publish may take, including reconnects, and that a statement may take. Default 5,000. */
  readonly timeout?: number | undefined
}

/** The options with their defaults. */
export interface Settings {
  readonly pool: PgPoolLike | PostgresDriver
  readonly listen: PgPoolLike | PostgresDriver | false
  readonly schema: string
  readonly migrate: boolean
  readonly keep: { readonly entries: number; readonly age: number }
  readonly records: RecordLimits
  readonly tail: { readonly entries: number; readonly bytes: number }
  readonly poll: { readonly listening: number; readonly polling: number }
  readonly timeout: number
}

const names = ['pool', 'listen', 'schema', 'migrate', 'keep', 'records', 'tail', 'poll', 'timeout']

/** @throws {SseError} `invalid-option` */
export function settingsOf(options: PostgresBrokerOptions): Settings {
  checkObject('options', options)
  checkNames('', options, names)
  const {
    pool,
    listen = pool,
    schema = 'sse',
    migrate = true,
    keep = {},
    poll = {},
    timeout = 5_000,
  } = options
  checkPool('pool', pool)
  if (listen !== false) checkPool('listen', listen)
  checkConnections(listen)
  checkSchema(schema)
  if (typeof migrate !== 'boolean') refuseOption('migrate', 'true or false', migrate)
  checkObject('keep', keep)
  checkNames('keep.', keep, ['entries', 'age'])
  checkObject('poll', poll)
  checkNames('poll.', poll, ['listening', 'polling'])
  const { entries = 100_000, age = 604_800_000 } = keep
  if (!Number.isSafeInteger(entries) || entries < 1)
    refuseOption('keep.entries', 'a whole number, 1 or more', entries)
  checkAmount('keep.age', age, 1)
  const { listening = 1_000, polling = 100 } = poll
  checkTimeouts({ 'poll.listening': listening, 'poll.polling': polling, timeout })
  return {
    ...{ pool, listen, schema, migrate, timeout },
    keep: { entries, age: Math.min(age, 3_155_760_000_000) },
    records: recordLimitsOf(options),
    tail: tailOf(options),
    poll: { listening, polling },
  }
}

/** @throws {SseError} `invalid-option` */
export function checkSchema(schema: unknown): asserts schema is string {
  if (typeof schema === 'string' && /^[a-z_][a-z0-9_]{0,47}$/.test(schema)) return
  refuseOption('schema', 'a name of 1 to 48 small letters, digits and underscores', schema)
}

/** The connection that listens stays open, so a pool of one would have none left. */
function checkConnections(pool: PgPoolLike | PostgresDriver | false): void {
  if (pool === false || !('options' in pool)) return
  const max = pool.options?.max
  if (max === 1) refuseOption('pool', 'a Pool with max 2 or more: one connection listens', { max })
}
