/** The broker of `broker-server.ts`. */
import type { Broker } from '@sse/core'
import { createClient, createCluster } from 'redis'
import { createRedisBroker } from '../../src/index.ts'

/**
 * How a process reaches Redis: one server; a Cluster whose nodes are all behind the address, however they announce themselves; a Cluster
 * that tells where its nodes are.
 */
export type Way = 'server' | 'cluster' | 'announced cluster'

export default function createBroker(
  url: string,
  prefix: string,
  maxLength = '100000',
  timeout = '2000',
  way: Way = 'server',
): Broker {
  return createRedisBroker({
    client: clientOf(url, way),
    prefix,
    maxLength: Number(maxLength),
    timeout: Number(timeout),
  })
}

function clientOf(url: string, way: Way) {
  if (way === 'server') return createClient({ url })
  const { hostname: host, port } = new URL(url)
  const map = way === 'cluster' ? { nodeAddressMap: () => ({ host, port: Number(port) }) } : {}
  return createCluster({ rootNodes: [{ url }], ...map })
}
