/** The broker of `broker-server.ts`. */
import type { Broker } from '@sse/core'
import pg from 'pg'
import { createPostgresBroker } from '../../src/index.ts'

export default function createBroker(
  port: string,
  schema: string,
  keep = '100000',
  timeout = '5000',
): Broker {
  const pool = new pg.Pool({
    host: '127.0.0.1',
    port: Number(port),
    user: 'postgres',
    database: 'postgres',
    max: 4,
    connectionTimeoutMillis: Number(timeout),
  })
  return createPostgresBroker({ pool, schema, keep: { entries: Number(keep) }, timeout: Number(timeout) })
}
