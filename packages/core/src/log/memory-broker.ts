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

/** Closing it for one hub would silence the other. */
function startedTwice(): SseError {
  const message =
    'This broker belongs to another hub already: give each hub a broker of its own. createMemoryLog().connect() makes several on one log.'
  return new SseError('invalid-option', message)
}

class MemoryBroker implements Broker {
  readonly #log: MemoryLog
  #receiver: Receiver | undefined
  #closed = false

  constructor(log: MemoryLog) {
    this.#log = log
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    this.#refuseWhenClosed()
    if (this.#receiver) throw startedTwice()
    this.#receiver = receiver
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
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#receiver) this.#log.remove(this.#receiver)
    this.#receiver = undefined
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new SseError('closed', 'The broker is closed: close it after its last use.')
  }
}
