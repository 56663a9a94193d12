import { endOfTurn } from '../end-of-turn.ts'
import { SseError } from '../errors.ts'
import type { Broker, Entry, Page, Published, Receiver } from './broker.ts'
import { MemoryLog, type MemoryLogOptions } from './memory-log.ts'

/**
 * The log of one process, gone with it.
 *
 * @throws {SseError} `invalid-option`
 */
export function createMemoryBroker(options: MemoryLogOptions = {}): Broker {
  return createMemoryLog(options).connect()
}

/** A log in memory that several hubs share, as the processes of a cluster would: each is given a broker of its own. */
export interface SharedMemoryLog {
  /** Another broker on this log; to close it leaves the others be. */
  connect(): Broker
}

/**
 * A log in memory for several hubs of one process: `createHub({ broker: log.connect() })`.
 *
 * @throws {SseError} `invalid-option`
 */
export function createMemoryLog(options: MemoryLogOptions = {}): SharedMemoryLog {
  const log = new MemoryLog(options)
  return { connect: () => new MemoryBroker(log) }
}

class MemoryBroker implements Broker {
  readonly #log: MemoryLog
  readonly #receivers = new Set<Receiver>()
  #closed = false

  constructor(log: MemoryLog) {
    this.#log = log
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    this.#refuseWhenClosed()
    this.#receivers.add(receiver)
    this.#log.add(receiver)
    receiver.health('up')
    return { head: this.#log.head, tail: this.#log.held }
  }

  /** Resolves at the end of the turn, when the hubs have delivered it: a loop of awaited publishes lets sockets drain. */
  async publish(
    channels: readonly string[],
    message: { event?: string | undefined; data: string },
    { idempotencyKey }: { idempotencyKey?: string | undefined } = {},
  ): Promise<Published> {
    this.#refuseWhenClosed()
    const published = this.#log.append(channels, message, idempotencyKey)
    await endOfTurn()
    return published
  }

  async read(after: string, { limit, signal }: { limit: number; signal: AbortSignal }): Promise<Page> {
    signal.throwIfAborted()
    this.#refuseWhenClosed()
    return this.#log.read(after, limit)
  }

  async signal(text: string): Promise<void> {
    this.#refuseWhenClosed()
    this.#log.signal(text)
    await endOfTurn()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#log.remove(this.#receivers)
    this.#receivers.clear()
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new SseError('closed', 'The broker is closed: close it after its last use.')
  }
}
