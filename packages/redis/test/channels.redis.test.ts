import { playChannels, recordLimits } from '@sse/testbed/channels'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { brokerOn, newPrefix } from './kit/broker.ts'
import { type RedisServer, startRedis } from './kit/redis-server.ts'

/** `test:faults` takes more steps. A failure prints the `SSE_SEED` that repeats it. */
const steps = Number(process.env['SSE_STEPS'] ?? 300)
const seed = Number(process.env['SSE_SEED'] ?? Math.floor(Math.random() * 2 ** 32))

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

it(`in ${steps} steps on Redis every page shows the records and members that there are, and gets every other event once`, async () => {
  const prefix = newPrefix()
  const connect = () => brokerOn(redis.port, { prefix, maxLength: 200, records: recordLimits })
  await expect(playChannels({ connect, processes: 2, steps, seed })).resolves.toBeUndefined()
}, 600_000)
