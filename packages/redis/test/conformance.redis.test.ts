import { createClient } from 'redis'
import { afterAll, beforeAll, expect } from 'vitest'
import { conformanceOn } from './kit/conformance.ts'
import { type RedisServer, startRedis } from './kit/redis-server.ts'
import { createUser, deniedBy } from './kit/rights.ts'

let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis()
  await createUser(redis, '{test*}:*', 'always', 'in another database than 0', 'to be warned of eviction')
  await redis.command('SELECT', 1)
})
afterAll(async () => {
  expect(await deniedBy(redis)).toEqual([])
  await redis.stop()
})

conformanceOn(
  'the Redis broker, with the permissions of the README, in database 1',
  () => redis,
  (port) => createClient({ url: `redis://app:secret@127.0.0.1:${port}/1` }),
)
