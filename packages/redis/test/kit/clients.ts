import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster, createSentinel } from 'redis'
import type { ClientLike } from '../../src/connection/broker-client.ts'

/** The package of all clients of these tests. `test:faults` runs them with both. */
export const clientPackage = process.env['SSE_REDIS_CLIENT'] === 'ioredis' ? 'ioredis' : 'redis'

const host = '127.0.0.1'

/**
 * Clients are copies of these. node-redis makes a class with some 400 commands for each new address that `createClient` and `createCluster` are
 * given. That takes more processor time than most tests.
 */
const anyServer = createClient()
const anyCluster = createCluster({ rootNodes: [] })

interface User {
  readonly username?: string
  readonly password?: string
}

/** A client of one server, not connected. */
export function serverClient(port: number, options: User & { readonly database?: number } = {}): ClientLike {
  const { database = 0, ...user } = options
  return clientPackage === 'ioredis'
    ? new Redis({ host, port, ...user, db: database, lazyConnect: true })
    : anyServer.duplicate({ socket: { host, port }, ...user, database })
}

/** @param isBehindOne whether all nodes are behind the first port, whatever they announce */
export function clusterClient(
  ports: readonly number[],
  { isBehindOne = false, ...user }: User & { readonly isBehindOne?: boolean } = {},
): ClientLike {
  const [first = 0] = ports
  const map = () => ({ host, port: first })
  if (clientPackage === 'ioredis') {
    const roots = ports.map((port) => ({ host, port }))
    const natMap = isBehindOne ? { natMap: map } : {}
    return new Cluster(roots, { lazyConnect: true, redisOptions: user, ...natMap })
  }
  const rootNodes = ports.map((port) => ({ url: `redis://${host}:${port}` }))
  return anyCluster.duplicate({ rootNodes, defaults: user, ...(isBehindOne && { nodeAddressMap: map }) })
}

/** @param map the port by which this process reaches the one that a sentinel names; `undefined` for that one */
export function sentinelClient(
  ports: readonly number[],
  map?: (port: number) => number | undefined,
): ClientLike {
  const sentinels = ports.map((port) => ({ host, port }))
  const mapped = (address: string) => {
    const port = map?.(Number(address.split(':').at(-1)))
    return port === undefined ? undefined : { host, port }
  }
  return clientPackage === 'ioredis'
    ? new Redis({ name: 'main', sentinels, natMap: (address) => mapped(address) ?? null, lazyConnect: true })
    : createSentinel({ name: 'main', sentinelRootNodes: sentinels, nodeAddressMap: mapped })
}
