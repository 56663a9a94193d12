import type { Broker, Entry } from '@sse/core'
import { History } from '../ledger/index.ts'
import { RecordHistory } from './record-history.ts'
import type { RecordLog } from './record-page.ts'

/** What a broker has delivered, whatever it lets go later, and the records that follow from it. */
export class TrueLog implements RecordLog {
  #history = new History('', () => false)
  #head = ''
  readonly #records = new RecordHistory()

  get head(): string {
    return this.#head
  }

  get length(): number {
    return this.#history.length
  }

  standing(id: string): string {
    return this.#history.standing(id)
  }

  place(id: string): number | undefined {
    return this.#history.place(id)
  }

  between(from: string, to: string): readonly Entry[] | undefined {
    return this.#history.between(from, to)
  }

  recordsAt(position: string, channel: string): readonly Entry[] {
    const last = this.place(position)
    if (last === undefined) throw new Error(`${position} is not in the log.`)
    return this.#records.at(channel, ({ id }) => this.place(id)! <= last)
  }

  /** A broker whose deliveries are noted. */
  observe(broker: Broker): Broker {
    return {
      start: async (receiver) => {
        const started = await broker.start({
          entries: (batch) => {
            for (const entry of batch) this.#add(entry)
            receiver.entries(batch)
          },
          discontinuity: (discontinuity) => receiver.discontinuity(discontinuity),
          health: (state) => receiver.health(state),
          signal: (text) => receiver.signal(text),
        })
        this.#history = new History(started.head, ({ channels }) => channels[0]!.startsWith('sse:'))
        this.#head = started.head
        return started
      },
      publish: (...message) => broker.publish(...message),
      read: (...cursor) => broker.read(...cursor),
      records: (channels) => broker.records!(channels),
      ended: () => broker.ended!(),
      signal: (text) => broker.signal(text),
      close: () => broker.close(),
    }
  }

  #add(entry: Entry): void {
    this.#history.add(entry)
    this.#head = entry.id
    this.#records.add(entry)
  }
}
