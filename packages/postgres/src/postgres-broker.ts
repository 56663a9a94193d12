import type { Broker } from '@sse/core'

/** The state of a log in PostgreSQL, for monitoring. */
export interface PostgresStats {
  /** Events of committed transactions that have no place in the log yet. */
  readonly unsequenced: number
  /** Milliseconds since the oldest of them was published; 0 if there are none. */
  readonly lag: number
  /** Whether notifications arrive. If not, the broker polls. */
  readonly listening: boolean
}

/** A broker whose log is in PostgreSQL. */
export interface PostgresBroker extends Broker {
  /** Asks the database for the state of the log. @throws {SseError} (rejected) `not-ready`, `closed`, and errors of the log */
  stats(): Promise<PostgresStats>
}
