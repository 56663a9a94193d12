/** The broker of `broker-server.ts`. */
import type { Broker } from '@sse/core'
import { createClient, createCluster } from 'redis'
import { createRedisBroker } from '../../src/index.ts'

/** One server; a Cluster whose nodes are all behind one address, whatever they announce; a Cluster whose nodes announce their addresses. */
export type Topology = 'server' | 'cluster' | 'announced cluster'

export default function createBroker(
  url: string,
  prefix: string,
  maxLength = '100000',
  timeout = '2000',
  topology: Topology = 'server',
): Broker {
  const client = clientOf(url, topology)
  return createRedisBroker({ client, prefix, maxLength: Number(maxLength), timeout: Number(timeout) })
}

function clientOf(url: string, topology: Topology) {
  if (topology === 'server') return createClient({ url })
  const { hostname: host, port } = new URL(url)
  const map = topology === 'cluster' ? { nodeAddressMap: () => ({ host, port: Number(port) }) } : {}
  return createCluster({ rootNodes: [{ url }], ...map })
}
