/** The broker of `broker-server.ts`. */
import type { Broker } from '@sse/core'
import { createRedisBroker } from '../../src/index.ts'
import { clusterClient, serverClient } from '../kit/clients.ts'

/** One server; a Cluster whose nodes are all behind one address, whatever they announce; a Cluster whose nodes announce their addresses. */
export type Topology = 'server' | 'cluster' | 'announced cluster'

export default function createBroker(
  url: string,
  prefix: string,
  maxLength = '100000',
  timeout = '2000',
  topology: Topology = 'server',
): Broker {
  const port = Number(new URL(url).port)
  const client =
    topology === 'server'
      ? serverClient(port)
      : clusterClient([port], { isBehindOne: topology === 'cluster' })
  return createRedisBroker({ client, prefix, maxLength: Number(maxLength), timeout: Number(timeout) })
}
