import { killRun } from '@sse/testbed/killed-run'
import { it, onTestFinished } from 'vitest'
import { startRedis } from '../kit/redis-server.ts'

it('the process of a run is killed: all readers are told the end, and every node has the whole run', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  await killRun({
    broker: new URL('broker.ts', import.meta.url),
    args: [`redis://127.0.0.1:${redis.port}`, 'killed'],
  })
}, 90_000)
