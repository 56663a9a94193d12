import type { DatabaseSync } from 'node:sqlite'
import { createHub, type HubOptions } from '@sse/express'
import { createPostgresBroker } from '@sse/postgres'
import { createRedisBroker } from '@sse/redis'
import { createSqliteBroker } from '@sse/sqlite'
import pg from 'pg'
import { createClient } from 'redis'
import { eventSchemas } from '../../shared/schemas.ts'
import { doWorkIn, makeTables } from '../database/postgres.ts'
import { doWork, type Run } from '../database/work.ts'
import type { NotificationHub } from './hub.ts'
import { publishInPostgres } from './in-postgres.ts'
import { publishInTransaction } from './in-transaction.ts'
import { createOutbox } from './outbox.ts'
import type { PublishWith } from './publish-with.ts'
import { startRelay } from './relay.ts'
import { publishThroughOutbox } from './through-outbox.ts'

/** The hub of this app, and how what is stored is published. */
export interface NotificationLog {
  readonly hub: NotificationHub
  readonly publishWith: PublishWith
  readonly run: Run
  /** Ends all of it, before a SQLite database is closed. */
  close(): Promise<void>
}

type Options = Omit<HubOptions, 'broker' | 'events'>

/** Milliseconds. Shorter than the default, so that one need not wait long to watch a page notice a line that has gone silent. */
const heartbeat = 5_000

/** Everybody is on `all`, so its members are the people who are online. */
const channel = (name: string) => ({ presence: name === 'all' })

/** For one process: the log lives in the app's own database. What does not fit its schema is not published. */
export function createNotificationLog(database: DatabaseSync, options: Options = {}): NotificationLog {
  const broker = createSqliteBroker(database)
  const hub = createHub({ heartbeat, channel, ...options, broker, events: eventSchemas })
  const run: Run = async (work) => doWork(database, work)
  return { hub, publishWith: publishInTransaction(database, hub, broker), run, close: () => hub.close() }
}

/** For several processes that share the database: the log lives in Redis. */
export function createSharedLog(database: DatabaseSync, url: string, options: Options = {}): NotificationLog {
  const broker = createRedisBroker({ client: createClient({ url }), prefix: 'herald' })
  const hub = createHub({ heartbeat, channel, ...options, broker, events: eventSchemas })
  const outbox = createOutbox(database)
  const relay = startRelay({
    outbox,
    publish: async ({ channel, event, data, key }) => {
      await hub.ready
      // It was checked against its schema before it was stored, and is once more by the hub.
      return hub.publish(channel, data as never, { event: event as never, idempotencyKey: key })
    },
    onError: options.onError ?? console.error,
  })
  const close = async () => {
    await relay.close()
    await hub.close()
  }
  const run: Run = async (work) => doWork(database, work)
  return { hub, publishWith: publishThroughOutbox(database, outbox, relay), run, close }
}

/** For several processes, with nothing but PostgreSQL: the data and the log live there. */
export async function createPostgresLog(url: string, options: Options = {}): Promise<NotificationLog> {
  const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 5_000 })
  // An idle connection that is lost is replaced.
  pool.on('error', () => {})
  await makeTables(pool)
  const broker = createPostgresBroker({ pool })
  const hub = createHub({ heartbeat, channel, ...options, broker, events: eventSchemas })
  const close = async () => {
    await hub.close()
    await pool.end()
  }
  return { hub, publishWith: publishInPostgres(pool, hub), run: (work) => doWorkIn(pool, work), close }
}
