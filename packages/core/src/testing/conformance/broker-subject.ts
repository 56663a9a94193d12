import type { Broker } from '../../log/broker.ts'
import type { RecordLimits } from '../../log/records.ts'

/**
 * A broker as the conformance suite needs it: how to make a log and connect to it, and what can befall such a log.
 *
 * Each optional method is something that can be done to a log of this kind. A case that needs a method which is not there is
 * left out of the suite, so that nothing passes without having been tried.
 *
 * @typeParam Log what the methods have to know of a log: the log itself, a key prefix, the name of a file
 */
export interface BrokerSubject<Log> {
  /** What the suite is called in the report, such as `the Redis broker`. */
  readonly name: string
  /** Milliseconds that a case waits for something before it fails. Default 4,000: less than the five seconds test runners wait. */
  readonly patience?: number
  /** Whether a log has one broker at a time. Default `false`: cases with several brokers on one log are run. */
  readonly exclusive?: boolean
  /** Whether its brokers have `records`. Default `false`: the cases with records are left out. */
  readonly records?: boolean
  /** Whether its brokers have `ended`. Default `false`: the cases with ended channels are left out. */
  readonly ended?: boolean
  /** Whether its logs keep the limits that `createLog` and `connect` get. Default `false`: the cases with them are left out. */
  readonly limits?: boolean
  /** A new, empty log that nobody else uses: every case has its own. It holds at least the newest 6,000 entries. */
  createLog(limits?: Partial<RecordLimits>): Log | Promise<Log>
  /** One more broker on the log, not started yet; as in another process, as far as that can be. */
  connect(log: Log, limits?: Partial<RecordLimits>): Broker | Promise<Broker>
  /** Takes the log away after its case, all of its brokers having been closed. */
  destroyLog?(log: Log): void | Promise<void>

  /** Moves the clock forward by which idempotency keys expire. */
  advance?(log: Log, milliseconds: number): void | Promise<void>
  /** Lets go of all entries but the newest `keep`. A log that trims only as it grows may be published to until it has. */
  trim?(log: Log, keep: number): void | Promise<void>
  /** Takes the home of a log that outlives its brokers down and up again, all of its brokers having been closed. */
  restart?(log: Log): void | Promise<void>
  /** The log is gone with all that it knew, and an empty one is in its place. */
  reset?(log: Log): void | Promise<void>
  /** The newest `count` entries are gone as after a failover or from a backup: the log goes on from those before. */
  loseTail?(log: Log, count: number): void | Promise<void>
  /**
   * Cuts a started broker off from the log until the function that is answered is called: whoever implements it promises that the
   * log has a home of its own, which may be trimmed, be reset or lose its tail while brokers are connected. Without it `reset` and
   * `loseTail` are called when all brokers of the log have been closed.
   */
  interrupt?(log: Log, broker: Broker): Mend | Promise<Mend>
}

/** Lets a broker reach its log again. */
export type Mend = () => void | Promise<void>
