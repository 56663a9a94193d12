import type { StreamEnd } from '../stream/sse-stream.ts'
import type { BrokerState } from './types.ts'

/** What a hub has counted since it was made. */
export interface HubCounters {
  /** Events that this process published, repeats under an idempotency key included. */
  published: number
  /** Publishes that were refused, by the code of the error; `unknown` for an error without one. */
  readonly refusedPublishes: Record<string, number>
  /** Streams opened. */
  opened: number
  /** Streams ended, by reason. */
  readonly closed: Record<StreamEnd, number>
  /** Streams and polls that were not let in. */
  refused: number
  /** Gaps told to clients. */
  gaps: number
  /** Errors reported to `onError`. */
  errors: number
}

/** Counters, and gauges of this moment. */
export interface HubStats extends Readonly<HubCounters> {
  /** Entries that came from the broker, from every process, commands included. */
  readonly entries: number
  /** Hubs of the log that live, this one included. */
  readonly hubs: number
  /** Open streams. */
  readonly streams: number
  /** Channels that a stream is on. */
  readonly channels: number
  readonly windowEntries: number
  readonly windowBytes: number
  /** Milliseconds since the oldest entry of the window came: how long a client may be away and resume from memory. */
  readonly windowSpan: number
  readonly broker: 'starting' | BrokerState
}

export function zeroCounters(): HubCounters {
  return {
    published: 0,
    refusedPublishes: {},
    opened: 0,
    closed: {
      client: 0,
      closed: 0,
      expired: 0,
      disconnected: 0,
      shutdown: 0,
      stalled: 0,
      overflow: 0,
      unopened: 0,
      refused: 0,
      answered: 0,
    },
    refused: 0,
    gaps: 0,
    errors: 0,
  }
}
