import { until } from '@sse/testbed'
import { createCluster } from 'redis'
import { afterAll, beforeAll, expect } from 'vitest'
import { conformanceOn } from './kit/conformance.ts'
import { type RedisServer, startRedis } from './kit/redis-server.ts'
import { createUser, deniedBy, rightsFor } from './kit/rights.ts'

let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis({ args: ['--cluster-enabled', 'yes'] })
  await redis.command('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383)
  await until(async () => /cluster_state:ok/.test(String(await redis.command('CLUSTER', 'INFO'))))
  await createUser(redis, '{log*}:*', rightsFor('always', 'on a Cluster', 'to be warned of eviction'))
})
afterAll(async () => {
  expect(await deniedBy(redis)).toEqual([])
  await redis.stop()
})

conformanceOn(
  'the Redis broker, with the permissions of the README, on a Cluster',
  () => redis,
  (port) =>
    createCluster({
      rootNodes: [{ url: `redis://127.0.0.1:${port}` }],
      defaults: { username: 'app', password: 'secret' },
      nodeAddressMap: () => ({ host: '127.0.0.1', port }),
    }),
)
