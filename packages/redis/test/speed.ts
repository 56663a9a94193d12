/**
 * Measures a log in Redis on this machine: `node --conditions=@sse/source packages/redis/test/speed.ts [seconds]`. It starts a Redis of its own
 * (`REDIS_SERVER_PATH`). `SSE_REDIS_CLIENT=ioredis` measures clients of that package. On a shared machine the processor time is more exact than the
 * clock.
 */
import { measureLog } from '@sse/testbed/log-speed'
import { startRedis } from './kit/redis-server.ts'

const prefix = 'speed'
const redis = await startRedis()
await measureLog({
  home: 'Redis',
  broker: new URL('faults/broker.ts', import.meta.url),
  args: [redis.url, prefix, '100000', '20000'],
  async cpu() {
    const info = String(await redis.command('INFO', 'cpu'))
    const seconds = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1])
    return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1e6
  },
  rates: [1_000, 5_000, 10_000],
  milliseconds: Number(process.argv[2] ?? 4) * 1_000,
  async filled(eventBytes) {
    const memory = Number(await redis.command('MEMORY', 'USAGE', `{${prefix}}:log`, 'SAMPLES', 0))
    const length = Number(await redis.command('XLEN', `{${prefix}}:log`))
    console.log(`memory: ${(memory / length).toFixed(0)} B an event with ${eventBytes} B of data`)
  },
})
await redis.stop()
process.exit()
