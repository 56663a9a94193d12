import type { Broker } from '@sse/core'
import { type PostgresBrokerOptions, settingsOf } from './options.ts'
import { PostgresBroker } from './postgres-broker.ts'

/**
 * Keeps the log in PostgreSQL, for any number of processes: `createHub({ broker: createPostgresBroker({ pool }) })`. A publish may be part of
 * a transaction of the app: `hub.publish(channels, data, { transaction: client })`. The app closes the pool, after the hub.
 *
 * @throws {SseError} `invalid-option`
 */
export function createPostgresBroker(options: PostgresBrokerOptions): Broker {
  return new PostgresBroker(settingsOf(options))
}
