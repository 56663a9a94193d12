import type { Broker } from '@sse/core'
import { ClusterBroker } from './cluster-broker.ts'
import { type ClusterBrokerOptions, settingsOf } from './options.ts'

/**
 * Shares one log between all processes and threads of a machine: `createHub({ broker: createClusterBroker() })` in each of them. One of them
 * leads: it has the log, and the others reach it over a local socket. If the leader ends, another one takes over.
 *
 * `start` rejects if no leader replies in time, or with the error of the leader's own broker.
 *
 * @throws {SseError} `invalid-option`
 */
export function createClusterBroker(options: ClusterBrokerOptions = {}): Broker {
  return new ClusterBroker(settingsOf(options))
}
