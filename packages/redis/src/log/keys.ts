/** The keys of a log. What stands in braces decides their slot: they are all on one node of a cluster. */
export class Keys {
  /** The stream: every entry with its id, that of the entry before it, its channels and name, and its data. */
  readonly log: string
  /** The hash with the epoch and the head of the log, also when no entry is held. */
  readonly meta: string
  /** The stream of what the brokers tell each other beside the log: short, and gone a minute after the last signal. */
  readonly signals: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.log = `${prefix}:log`
    this.meta = `${prefix}:meta`
    this.signals = `${prefix}:signals`
  }

  /** The id of what was published under an idempotency key. */
  key(idempotencyKey: string): string {
    return `${this.#prefix}:key:${idempotencyKey}`
  }

  /** The token of the connection by which a process may append. */
  writer(process: string): string {
    return `${this.#prefix}:writer:${process}`
  }
}
