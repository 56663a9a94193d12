import type { Broker } from '@sse/core'
import { startRecorded } from '@sse/testbed'
import { onTestFinished } from 'vitest'
import { createRedisBroker, type RedisBrokerOptions } from '../../src/index.ts'
import { serverClient } from './clients.ts'
import type { RedisServer } from './redis-server.ts'

/** A broker on a port, closed with the test. */
export function brokerOn(
  port: number,
  options: Partial<RedisBrokerOptions> & { readonly prefix: string },
): Broker {
  const broker = createRedisBroker({ client: serverClient(port), ...options })
  onTestFinished(() => broker.close())
  return broker
}

/** Starts a broker with a recorder. */
export function startBroker(...args: Parameters<typeof brokerOn>): ReturnType<typeof startRecorded<Broker>> {
  return startRecorded(brokerOn(...args))
}

let logs = 0

/** A prefix that no other test of the file uses. */
export function newPrefix(): string {
  return `test${logs++}`
}

/** Removes the newest entries at once: the log is then that of a replica that lagged behind. */
export async function loseTail(redis: RedisServer, prefix: string, count: number): Promise<void> {
  const script = `
    local entries = redis.call('XRANGE', KEYS[1], '-', '+')
    local keep = math.max(0, #entries - tonumber(ARGV[1]))
    local lost = entries[keep + 1]
    redis.call('DEL', KEYS[1])
    for index = 1, keep do redis.call('XADD', KEYS[1], entries[index][1], unpack(entries[index][2])) end
    if lost then redis.call('HSET', KEYS[2], 'head', lost[2][2]) end`
  await redis.command('EVAL', script, 2, `{${prefix}}:log`, `{${prefix}}:meta`, count)
}
