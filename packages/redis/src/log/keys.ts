/** The keys of a log. The braces are a hash tag: all keys of a log are on one node of a Cluster. */
export class Keys {
  /** The stream: each entry has its id, the id of the entry before it, its channels, its event name and its data. */
  readonly log: string
  /** The hash with the epoch and the head, which outlive the entries. */
  readonly meta: string
  /** The stream of signals between brokers: short, and deleted a minute after the last signal. */
  readonly signals: string
  /** The sorted set of all records, each as its channel and its name, so that those of a channel are a range. */
  readonly recordNames: string
  /** The hash with the newest entry of each record. Records outlive their entries in the stream. */
  readonly records: string
  /** The sorted set of all records by the time when they were last set. */
  readonly recordTimes: string
  /** The sorted set of the channels whose newest entry is an end, by its time. */
  readonly ended: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.log = `${prefix}:log`
    this.meta = `${prefix}:meta`
    this.signals = `${prefix}:signals`
    this.recordNames = `${prefix}:record-names`
    this.records = `${prefix}:records`
    this.recordTimes = `${prefix}:record-times`
    this.ended = `${prefix}:ended`
  }

  /** The keys of the scripts that use records. */
  get withRecords(): string[] {
    return [this.log, this.meta, this.recordNames, this.records, this.recordTimes, this.ended]
  }

  /** Holds the id of the event that was published under an idempotency key. */
  key(idempotencyKey: string): string {
    return `${this.#prefix}:key:${idempotencyKey}`
  }

  /** Holds the token of the connection by which a process may append. */
  writer(process: string): string {
    return `${this.#prefix}:writer:${process}`
  }
}
