import { createSseClient } from '@sse/client'
import { type Node, plain, startNode as start, supervised, World } from '@sse/testbed/deliveries'
import { EventSource } from 'eventsource'
import type { Topology } from './broker.ts'

export interface WorldOptions {
  readonly prefix: string
  readonly redisPort: number
  readonly maxLength?: number | undefined
  readonly topology?: Topology | undefined
}

/** Two server processes on one log, and a client of each kind on each. */
export function startWorld(options: WorldOptions): Promise<World> {
  return World.start({
    ...nodeOptions(options),
    clients: (events, index, ledger) => {
      const client = createSseClient<{ tick: string }>(events, {
        backoff: { base: 20, max: 100 },
        parse: 'text',
      })
      return [
        supervised(`supervised ${index}`, client, ledger, 'a cursor'),
        plain(`plain ${index}`, new EventSource(events), ledger, 'a cursor'),
      ]
    },
  })
}

export function startNode(options: WorldOptions): Promise<Node> {
  return start(nodeOptions(options))
}

function nodeOptions({ prefix, redisPort, maxLength = 100_000, topology = 'server' }: WorldOptions) {
  return {
    broker: new URL('broker.ts', import.meta.url),
    port: redisPort,
    // A timeout shorter than the default: a connection that hangs is noticed sooner.
    args: (port: number) => [`redis://127.0.0.1:${port}`, prefix, String(maxLength), '700', topology],
  }
}
