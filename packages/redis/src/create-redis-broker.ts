import type { Broker } from '@sse/core'
import { type RedisBrokerOptions, settingsOf } from './options.ts'
import { RedisBroker } from './redis-broker.ts'

/**
 * Keeps the log in a Redis stream, for any number of processes: `createHub({ broker: createRedisBroker({ client }) })`. `start` rejects if
 * Redis cannot be reached in time.
 *
 * @throws {SseError} `invalid-option`
 */
export function createRedisBroker(options: RedisBrokerOptions): Broker {
  return new RedisBroker(settingsOf(options))
}
