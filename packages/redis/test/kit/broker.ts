import type { Broker, Entry, Receiver } from '@sse/core'
import { createClient } from 'redis'
import { onTestFinished } from 'vitest'
import { createRedisBroker, type RedisBrokerOptions } from '../../src/index.ts'

/** A receiver that writes down what it is told. */
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

/** A broker on a port, closed after the test. */
export function brokerOn(
  port: number,
  options: Partial<RedisBrokerOptions> & { readonly prefix: string },
): Broker {
  const client = createClient({ socket: { host: '127.0.0.1', port } })
  const broker = createRedisBroker({ client, ...options })
  onTestFinished(() => broker.close())
  return broker
}

/** A started one, with what it tells. */
export async function startBroker(
  ...args: Parameters<typeof brokerOn>
): Promise<{ broker: Broker; recorder: Recorder; head: string; tail: readonly Entry[] }> {
  const broker = brokerOn(...args)
  const recorder = new Recorder()
  return { broker, recorder, ...(await broker.start(recorder)) }
}

let logs = 0

/** A prefix that no other test of the file uses. */
export function newPrefix(): string {
  return `test${logs++}`
}
