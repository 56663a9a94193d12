import { LogBroker } from './log-broker.ts'
import { type PostgresBrokerOptions, settingsOf } from './options.ts'
import type { PostgresBroker } from './postgres-broker.ts'

/**
 * Keeps the log in PostgreSQL, for any number of processes: `createHub({ broker: createPostgresBroker({ pool }) })`. A publish may be part of
 * a transaction of the app: `hub.publish(channels, data, { transaction: client })`. The app closes the pool, after the hub.
 *
 * @throws {SseError} `invalid-option`
 */
export function createPostgresBroker(options: PostgresBrokerOptions): PostgresBroker {
  return new LogBroker(settingsOf(options))
}
