import type { Broker, Entry, Receiver } from '@sse/core'
import { onTestFinished } from 'vitest'

/** A receiver that records all calls. */
export class Recorder implements Receiver {
  readonly received: Entry[] = []
  readonly breaks: { readonly reason: string; readonly head: string; readonly after: number }[] = []
  readonly states: string[] = []
  readonly signals: string[] = []

  entries(batch: readonly Entry[]): void {
    this.received.push(...batch)
  }

  discontinuity({ reason, head }: { reason: 'trimmed' | 'forked'; head: string }): void {
    this.breaks.push({ reason, head, after: this.received.length })
  }

  health(state: 'up' | 'down'): void {
    this.states.push(state)
  }

  signal(text: string): void {
    this.signals.push(text)
  }

  get texts(): string[] {
    return this.received.map(({ data }) => data)
  }
}

/** Starts a broker with a recorder. It is closed with the test. */
export async function startRecorded<B extends Broker>(
  broker: B,
): Promise<{ broker: B; recorder: Recorder; head: string; tail: readonly Entry[] }> {
  onTestFinished(() => broker.close())
  const recorder = new Recorder()
  return { broker, recorder, ...(await broker.start(recorder)) }
}
