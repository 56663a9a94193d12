import type { BenchEvent } from '../event.ts'
import type { Publisher } from './publisher.ts'

/** What a file of this folder exports as default: starts a server of its kind on a port of its own. */
export type Start = () => Promise<Running>

/** A server under load. */
export interface Running {
  readonly port: number
  /** Publishes the events of one turn to all streams, by one call each of what its API offers. A promise: more may be published then. */
  publish(turn: readonly BenchEvent[]): unknown
  /** Who publishes, where that is not this process. */
  readonly publisher?: Publisher
  /** How many streams would get an event now. */
  streams(): number | Promise<number>
  /** Processor time in microseconds, where the server is not this process. */
  cpu?(): Promise<number> | number
  /** The same of each of its workers, where it has some. */
  cpus?(): Promise<readonly number[]>
  /** Resident memory in bytes, where the server is not this process. */
  rss?(): number
  /** Ends what is not this process. */
  stop?(): Promise<void>
  /** The cursor of a client that has seen all but the newest entries of the log. */
  cursor?(missed: number): string
  /** How often the broker was asked for entries. */
  reads?(): number
}
