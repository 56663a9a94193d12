import { randomBytes } from 'node:crypto'
import { endOfTurn } from '../end-of-turn.ts'
import type { Broker, Entry, Page, Published, Receiver } from './broker.ts'
import { Fifo } from './fifo.ts'
import { IdempotencyKeys } from './idempotency-keys.ts'

export interface MemoryBrokerOptions {
  /**
   * Entries held for reading back, beyond what each hub's window holds. Default 10,000; 0 when a single hub with its window
   * is all there is, which is what `createHub()` does.
   */
  readonly entries?: number
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: () => number
}

/**
 * The log of one process, gone with it. Several hubs may share one.
 *
 * Its ids are `<epoch>-<number>`: the epoch is new with every log, so that a cursor of an earlier one is known as such.
 */
export function createMemoryBroker(options: MemoryBrokerOptions = {}): Broker {
  return new MemoryBroker(options)
}

const idForm = /^([0-9a-z]+-[0-9a-f]{16})-(0|[1-9][0-9]{0,14})$/

class MemoryBroker implements Broker {
  readonly #epoch: string
  readonly #capacity: number
  readonly #entries = new Fifo<Entry>()
  readonly #receivers = new Set<Receiver>()
  readonly #keys: IdempotencyKeys
  #head = 0

  constructor({ entries = 10_000, now = Date.now }: MemoryBrokerOptions) {
    this.#epoch = `${now().toString(36)}-${randomBytes(8).toString('hex')}`
    this.#capacity = entries
    this.#keys = new IdempotencyKeys(now)
  }

  async start(receiver: Receiver): Promise<{ head: string; tail: readonly Entry[] }> {
    this.#receivers.add(receiver)
    receiver.health('up')
    return {
      head: this.#id(this.#head),
      tail: this.#after(this.#head - this.#entries.length, this.#entries.length),
    }
  }

  /** Resolves at the end of the turn, when the hubs have delivered it: a loop of awaited publishes lets sockets drain. */
  async publish(
    channels: readonly string[],
    message: { event?: string | undefined; data: string },
    { idempotencyKey }: { idempotencyKey?: string | undefined } = {},
  ): Promise<Published> {
    const known = idempotencyKey === undefined ? undefined : this.#keys.get(idempotencyKey)
    if (known !== undefined) return { id: known, duplicate: true }

    const entry = { id: this.#id(this.#head + 1), previous: this.#id(this.#head), channels, ...message }
    this.#head++
    this.#entries.push(entry)
    if (this.#entries.length > this.#capacity) this.#entries.shift()
    if (idempotencyKey !== undefined) this.#keys.set(idempotencyKey, entry.id)

    for (const receiver of this.#receivers) receiver.entries([entry])
    await endOfTurn()
    return { id: entry.id, duplicate: false }
  }

  async read(after: string, { limit }: { limit: number }): Promise<Page> {
    const [, epoch, number] = idForm.exec(after) ?? []
    if (number === undefined) return { gap: 'unknown', resumeAt: this.#id(this.#head) }
    const oldest = this.#head - this.#entries.length
    const position = Number(number)
    if (epoch !== this.#epoch || position > this.#head) return { gap: 'forked', resumeAt: this.#id(oldest) }
    if (position < oldest) return { gap: 'trimmed', resumeAt: this.#id(oldest) }
    const entries = this.#after(position, limit)
    return { entries, done: position + entries.length === this.#head }
  }

  async close(): Promise<void> {
    this.#receivers.clear()
  }

  #id(number: number): string {
    return `${this.#epoch}-${number}`
  }

  #after(position: number, limit: number): Entry[] {
    const first = position - (this.#head - this.#entries.length)
    const count = Math.min(limit, this.#entries.length - first)
    return Array.from({ length: count }, (_, index) => this.#entries.at(first + index)!)
  }
}
