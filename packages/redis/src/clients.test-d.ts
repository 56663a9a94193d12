import { Cluster, Redis } from 'ioredis'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import { it } from 'vitest'
import { createRedisBroker } from './index.ts'

it('takes every kind of client that node-redis makes, but a pool', () => {
  createRedisBroker({ client: createClient() })
  createRedisBroker({ client: createClient({ RESP: 2, url: 'redis://localhost', scripts: {} }) })
  createRedisBroker({ client: createCluster({ rootNodes: [] }) })
  createRedisBroker({ client: createSentinel({ name: 'main', sentinelRootNodes: [] }) })
  createRedisBroker({ client: createClient().withTypeMapping({ 36: Buffer }) })

  // @ts-expect-error a client is needed
  createRedisBroker({})
  // @ts-expect-error a pool cannot be duplicated
  createRedisBroker({ client: createClientPool() })
})

it('takes every kind of client that ioredis makes, but a pipeline', () => {
  createRedisBroker({ client: new Redis() })
  createRedisBroker({ client: new Redis({ protocol: 3, replyMapping: 'resp3' }) })
  createRedisBroker({ client: new Redis({ name: 'main', sentinels: [] }) })
  createRedisBroker({ client: new Cluster([]) })

  // @ts-expect-error a pipeline connects nothing
  createRedisBroker({ client: new Redis().pipeline() })
})
