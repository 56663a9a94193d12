import { type Node, startNode as start, World } from '@sse/testbed/deliveries'
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
