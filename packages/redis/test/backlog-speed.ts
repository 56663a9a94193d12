/**
 * Measures what it costs when 1,000 clients return from 100,000 entries back. It starts a Redis of its own (`REDIS_SERVER_PATH`):
 * `node --conditions=@sse/source packages/redis/test/backlog-speed.ts`.
 */
import { measureBacklog } from '@sse/testbed/backlog-speed'
import { createClient } from 'redis'
import { createRedisBroker } from '../src/index.ts'
import { startRedis } from './kit/redis-server.ts'

const redis = await startRedis()
const client = createClient({ url: redis.url })
await measureBacklog('Redis', createRedisBroker({ client, maxLength: 200_000 }))
await redis.stop()
