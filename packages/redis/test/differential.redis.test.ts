import { playsLikeMemory } from '@sse/testbed/differential'
import { it, onTestFinished } from 'vitest'
import { brokerOn, newPrefix } from './kit/broker.ts'
import { startRedis } from './kit/redis-server.ts'

it('tells every client of two processes what a log in memory tells it', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const prefix = newPrefix()
  await playsLikeMemory([brokerOn(redis.port, { prefix }), brokerOn(redis.port, { prefix })])
})
