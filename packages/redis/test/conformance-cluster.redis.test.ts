import { createCluster } from 'redis'
import { afterAll, beforeAll, expect } from 'vitest'
import { conformanceOn } from './kit/conformance.ts'
import { formCluster, startNodes } from './kit/redis-cluster.ts'
import type { RedisServer } from './kit/redis-server.ts'
import { createUser, deniedBy } from './kit/rights.ts'

let redis: RedisServer

beforeAll(async () => {
  redis = (await startNodes(1))[0]!
  await formCluster([redis])
  await createUser(redis, '{test*}:*', 'always', 'on a Cluster', 'to be warned of eviction')
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
