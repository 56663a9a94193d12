import { endOfTurn } from '../end-of-turn.ts'
import type { Broker, Entry, Page, Receiver, Records } from './broker.ts'

/** A broker for tests that answers only when the test tells it to. */
export class ManualBroker implements Broker {
  receiver!: Receiver
  readonly #start: Awaited<ReturnType<Broker['start']>>
  readonly #reads: { after: string; resolve: (page: Page) => void; reject: (error: Error) => void }[] = []
  #started = Promise.resolve()

  constructor(tail: readonly Entry[]) {
    this.#start = { head: tail.at(-1)!.id, tail }
  }

  /** Delays the answer to `start` until the returned function is called. */
  holdStart(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#started = promise
    return resolve
  }

  async start(receiver: Receiver) {
    this.receiver = receiver
    receiver.health('up')
    await this.#started
    return this.#start
  }

  publish(): Promise<never> {
    throw new Error('This broker only delivers.')
  }

  read(after: string): Promise<Page> {
    return new Promise((resolve, reject) => this.#reads.push({ after, resolve, reject }))
  }

  async records(): Promise<Records> {
    return { position: this.#start.head, entries: [] }
  }

  async signal(text: string): Promise<void> {
    this.receiver.signal(text)
  }

  async close(): Promise<void> {}

  /** The cursors of the pending reads. */
  get asked(): string[] {
    return this.#reads.map(({ after }) => after)
  }

  /** Answers the oldest read, or rejects it with an error. Resolves when the readers have received the answer. */
  async answer(page: Page | Error): Promise<void> {
    if (this.#reads.length === 0) await endOfTurn()
    const read = this.#reads.shift()
    if (page instanceof Error) read?.reject(page)
    else read?.resolve(page)
    for (let turn = 0; turn < 3; turn++) await endOfTurn()
  }

  /** Passes entries to the hub, and waits until they are delivered. */
  async deliver(...batch: readonly Entry[]): Promise<void> {
    this.receiver.entries(batch)
    await endOfTurn()
  }
}

/** Creates consecutive entries on channel `a`. The first one follows `previous`. */
export function chain(previous: string, ...ids: readonly string[]): Entry[] {
  return ids.map((id, index) => ({ id, previous: ids[index - 1] ?? previous, channels: ['a'], data: 'x' }))
}
