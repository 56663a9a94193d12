import { World } from '@sse/testbed/deliveries'

export interface WorldOptions {
  readonly schema: string
  /** Of PostgreSQL, or of a pooler in front of it. */
  readonly port: number
  /** Entries that the log keeps. */
  readonly keep?: number | undefined
}

/** Two server processes on one log, and a client of each kind on each. */
export function startWorld({ schema, port, keep = 100_000 }: WorldOptions): Promise<World> {
  return World.start({
    broker: new URL('broker.ts', import.meta.url),
    port,
    // A timeout shorter than the default: a connection that hangs is noticed sooner.
    args: (proxy) => [String(proxy), schema, String(keep), '700'],
  })
}
