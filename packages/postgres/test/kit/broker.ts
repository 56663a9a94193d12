import { startRecorded } from '@sse/testbed'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { createPostgresBroker, type PostgresBroker, type PostgresBrokerOptions } from '../../src/index.ts'
import type { PostgresServer } from './postgres-server.ts'

interface BrokerTestOptions extends Partial<PostgresBrokerOptions> {
  readonly schema: string
  /** Default: that of the server. */
  readonly port?: number
}

/** A broker, and its pool. Both are closed with the test. */
export function brokerOn(server: PostgresServer, { port, ...options }: BrokerTestOptions): PostgresBroker {
  const pool = new pg.Pool({ ...server.config('postgres', port), max: 4 })
  // In the reverse order of these calls.
  onTestFinished(() => pool.end())
  const broker = createPostgresBroker({ pool, ...options })
  onTestFinished(() => broker.close())
  return broker
}

/** Starts a broker with a recorder. */
export function startBroker(
  ...args: Parameters<typeof brokerOn>
): ReturnType<typeof startRecorded<PostgresBroker>> {
  return startRecorded(brokerOn(...args))
}
