import type { Entry, Receiver } from '../../log/broker.ts'
import { within } from './within.ts'

/** The tail broke: what came next followed `head`. */
export interface Break {
  readonly reason: 'trimmed' | 'forked'
  readonly head: string
  /** How many entries had been received before. */
  readonly after: number
}

/** A receiver that keeps what it is told. */
export class Recorder implements Receiver {
  readonly received: Entry[] = []
  readonly breaks: Break[] = []
  readonly states: ('up' | 'down')[] = []
  readonly signals: string[] = []
  /** Called with each entry while the broker hands it over. */
  onEntry: ((entry: Entry) => void) | undefined
  readonly #patience: number
  readonly #conditions = new Set<() => void>()

  /** @param patience milliseconds that `until` waits */
  constructor(patience: number) {
    this.#patience = patience
  }

  entries(batch: readonly Entry[]): void {
    for (const entry of batch) {
      this.received.push(entry)
      this.onEntry?.(entry)
    }
    this.#look()
  }

  discontinuity({ reason, head }: { reason: 'trimmed' | 'forked'; head: string }): void {
    this.breaks.push({ reason, head, after: this.received.length })
    this.#look()
  }

  health(state: 'up' | 'down'): void {
    this.states.push(state)
    this.#look()
  }

  signal(text: string): void {
    this.signals.push(text)
    this.#look()
  }

  /** Resolves once this holds; looks whenever the broker tells something. @throws when it does not come to hold in time */
  async until(holds: () => boolean, what: string): Promise<void> {
    if (holds()) return
    const come = Promise.withResolvers<void>()
    const condition = () => {
      if (holds()) come.resolve()
    }
    this.#conditions.add(condition)
    try {
      await within(this.#patience, come.promise, what)
    } finally {
      this.#conditions.delete(condition)
    }
  }

  #look(): void {
    for (const condition of this.#conditions) condition()
  }
}
