import type { Broker } from '@sse/core'
import { brokerConformance } from '@sse/core/testing'
import { startTcpProxy, type TcpProxy, until } from '@sse/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClientLike } from '../../src/connection/broker-client.ts'
import { createRedisBroker } from '../../src/index.ts'
import { loseTail, newPrefix } from './broker.ts'
import { clientPackage } from './clients.ts'
import type { RedisServer } from './redis-server.ts'
import { deniedBy } from './rights.ts'

interface Log {
  readonly prefix: string
  readonly proxies: Map<Broker, TcpProxy>
}

/**
 * Runs the conformance suite on a Redis that nothing else uses, and expects that Redis denies no command.
 *
 * @param start of the Redis, whose commands go to the database of the logs
 * @param client connects to a port of this machine
 */
export function conformanceOn(
  name: string,
  start: () => Promise<RedisServer>,
  client: (port: number) => ClientLike,
): void {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await start()
  })
  afterAll(async () => {
    expect(await deniedBy(redis)).toEqual([])
    await redis.stop()
  })

  const keysOf = async ({ prefix }: Log, kind = '*') =>
    (await redis.command('KEYS', `{${prefix}}:${kind}`)) as string[]

  /** Whether all brokers wait for new entries: each has one connection for commands, and one that blocks. */
  const allHaveRead = async () => {
    const list = String(await redis.command('CLIENT', 'LIST', 'TYPE', 'normal'))
    const clients = list.trim().split('\n')
    const blocked = clients.filter((one) => / flags=b /.test(one))
    return blocked.length * 2 === clients.length - 1
  }

  brokerConformance(
    { describe, it },
    {
      name: `${name}, by the package ${clientPackage}`,
      patience: 20_000,
      records: true,
      ended: true,
      limits: true,
      createLog: (): Log => ({ prefix: newPrefix(), proxies: new Map() }),
      connect: async ({ prefix, proxies }, records) => {
        const proxy = await startTcpProxy(redis.port)
        const options = { maxLength: 6_000, timeout: 10_000, records }
        const broker = createRedisBroker({ client: client(proxy.port), prefix, ...options })
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
      // The log trims only old entries, not those that no broker has read.
      trim: async ({ prefix }, keep) => {
        await until(allHaveRead)
        await redis.command('XTRIM', `{${prefix}}:log`, 'MAXLEN', keep)
      },
      restart: () => {},
      reset: async (log) => {
        const keys = await keysOf(log)
        if (keys.length > 0) await redis.command('DEL', ...keys)
      },
      loseTail: async ({ prefix }, count) => loseTail(redis, prefix, count),
      interrupt: ({ proxies }, broker) => {
        const proxy = proxies.get(broker)
        proxy?.cut()
        return () => proxy?.mend()
      },
    },
  )
}
