import { endOfTurn } from '../end-of-turn.ts'
import type { Broker, Entry, Page, Receiver, Records } from './broker.ts'

/** A broker in the hands of a test: nothing is answered before the test says so. */
export class ManualBroker implements Broker {
  receiver!: Receiver
  readonly #start: Awaited<ReturnType<Broker['start']>>
  readonly #reads: { after: string; resolve: (page: Page) => void; reject: (error: Error) => void }[] = []
  #started = Promise.resolve()

  constructor(tail: readonly Entry[]) {
    this.#start = { head: tail.at(-1)!.id, tail }
  }

  /** Holds the answer to `start` back; what is returned lets it go. */
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

  /** The cursors of the reads that wait for their answers. */
  get asked(): string[] {
    return this.#reads.map(({ after }) => after)
  }

  /** Answers the oldest read, and waits until readers have what they asked for; an error rejects it. */
  async answer(page: Page | Error): Promise<void> {
    if (this.#reads.length === 0) await endOfTurn()
    const read = this.#reads.shift()
    if (page instanceof Error) read?.reject(page)
    else read?.resolve(page)
    for (let turn = 0; turn < 3; turn++) await endOfTurn()
  }

  /** Hands over entries, and waits until they are delivered. */
  async hand(...batch: readonly Entry[]): Promise<void> {
    this.receiver.entries(batch)
    await endOfTurn()
  }
}

/** Entries on channel `a`, each following the one before it, the first following `previous`. */
export function chain(previous: string, ...ids: readonly string[]): Entry[] {
  return ids.map((id, index) => ({ id, previous: ids[index - 1] ?? previous, channels: ['a'], data: 'x' }))
}
