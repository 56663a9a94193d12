import type { Broker } from '@sse/core'
import { brokerConformance } from '@sse/core/testing'
import { until } from '@sse/testbed'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { createRedisBroker } from './index.ts'
import { losing } from './lost-tail.test-kit.ts'
import { type RedisServer, startRedis } from './redis-server.test-kit.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.test-kit.ts'

interface Log {
  readonly prefix: string
  readonly proxies: Map<Broker, TcpProxy>
}

let redis: RedisServer
let logs = 0

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

/** All keys of a log, or those of its idempotency keys. */
async function keysOf({ prefix }: Log, kind = '*'): Promise<string[]> {
  return (await redis.command('KEYS', `{${prefix}}:${kind}`)) as string[]
}

/** Whether whoever reads a log waits for more. */
async function allHaveRead(): Promise<boolean> {
  const clients = String(await redis.command('CLIENT', 'LIST', 'TYPE', 'normal')).split('\n')
  return clients
    .filter((client) => / cmd=(xread|xrevrange) /.test(client))
    .every((client) => / flags=b /.test(client))
}

brokerConformance(
  { describe, it },
  {
    name: 'the Redis broker',
    patience: 20_000,
    createLog: (): Log => ({ prefix: `log${logs++}`, proxies: new Map() }),
    connect: async ({ prefix, proxies }) => {
      const proxy = await startTcpProxy(redis.port)
      const client = createClient({ url: `redis://127.0.0.1:${proxy.port}` })
      const broker = createRedisBroker({ client, prefix, maxLength: 6_000, timeout: 10_000 })
      proxies.set(broker, proxy)
      return broker
    },
    destroyLog: ({ proxies }) => {
      for (const proxy of proxies.values()) proxy.close()
    },
    advance: async (log, milliseconds) => {
      for (const key of await keysOf(log, 'key:*')) {
        const left = Number(await redis.command('PTTL', key))
        await redis.command('PEXPIRE', key, left - milliseconds)
      }
    },
    // As a log that trims only what is far behind: what nobody has read yet is not let go.
    trim: async ({ prefix }, keep) => {
      await until(allHaveRead)
      await redis.command('XTRIM', `{${prefix}}:log`, 'MAXLEN', keep)
    },
    restart: () => {},
    reset: async (log) => {
      const keys = await keysOf(log)
      if (keys.length > 0) await redis.command('DEL', ...keys)
    },
    loseTail: async ({ prefix }, count) => losing(redis, prefix, count),
    interrupt: ({ proxies }, broker) => {
      const proxy = proxies.get(broker)
      proxy?.cut()
      return () => proxy?.mend()
    },
  },
)
