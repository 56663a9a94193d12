import type { Broker } from '@sse/core'
import { brokerConformance } from '@sse/core/testing'
import { until } from '@sse/testbed'
import { describe, it } from 'vitest'
import { createRedisBroker } from '../../src/index.ts'
import { losing } from './lost-tail.ts'
import type { RedisClientLike } from '../../src/connection/redis-client.ts'
import type { RedisServer } from './redis-server.ts'
import { startTcpProxy, type TcpProxy } from '../../../../apps/testbed/src/tcp-proxy.ts'

interface Log {
  readonly prefix: string
  readonly proxies: Map<Broker, TcpProxy>
}

let logs = 0

/**
 * The conformance suite, on a Redis that nobody else uses.
 *
 * @param redis its commands go to the database of the logs
 * @param client one that connects to a port of this machine
 */
export function conformanceOn(
  name: string,
  redis: () => RedisServer,
  client: (port: number) => RedisClientLike,
): void {
  /** All keys of a log, or those of its idempotency keys. */
  const keysOf = async ({ prefix }: Log, kind = '*') =>
    (await redis().command('KEYS', `{${prefix}}:${kind}`)) as string[]

  /** Whether whoever reads a log waits for more: each broker has a connection to publish, and one that waits. */
  const allHaveRead = async () => {
    const list = String(await redis().command('CLIENT', 'LIST', 'TYPE', 'normal'))
    const clients = list.trim().split('\n')
    const waiting = clients.filter((one) => / flags=b /.test(one))
    return waiting.length * 2 === clients.length - 1
  }

  brokerConformance(
    { describe, it },
    {
      name,
      patience: 20_000,
      createLog: (): Log => ({ prefix: `log${logs++}`, proxies: new Map() }),
      connect: async ({ prefix, proxies }) => {
        const proxy = await startTcpProxy(redis().port)
        const options = { maxLength: 6_000, timeout: 10_000 }
        const broker = createRedisBroker({ client: client(proxy.port), prefix, ...options })
        proxies.set(broker, proxy)
        return broker
      },
      destroyLog: ({ proxies }) => {
        for (const proxy of proxies.values()) proxy.close()
      },
      advance: async (log, milliseconds) => {
        for (const key of await keysOf(log, 'key:*')) {
          const left = Number(await redis().command('PTTL', key))
          await redis().command('PEXPIRE', key, left - milliseconds)
        }
      },
      // As a log that trims only what is far behind: what nobody has read yet is not let go.
      trim: async ({ prefix }, keep) => {
        await until(allHaveRead)
        await redis().command('XTRIM', `{${prefix}}:log`, 'MAXLEN', keep)
      },
      restart: () => {},
      reset: async (log) => {
        const keys = await keysOf(log)
        if (keys.length > 0) await redis().command('DEL', ...keys)
      },
      loseTail: async ({ prefix }, count) => losing(redis(), prefix, count),
      interrupt: ({ proxies }, broker) => {
        const proxy = proxies.get(broker)
        proxy?.cut()
        return () => proxy?.mend()
      },
    },
  )
}
