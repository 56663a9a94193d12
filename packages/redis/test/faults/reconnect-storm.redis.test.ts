import { until } from '@sse/testbed'
import { reconnectStorm } from '@sse/testbed/deliveries'
import { startSseServer } from '@sse/testbed/sse-server'
import { createClient } from 'redis'
import { expect, it, onTestFinished } from 'vitest'
import { createRedisBroker } from '../../src/index.ts'
import { serverClient } from '../kit/clients.ts'
import { startRedis } from '../kit/redis-server.ts'

const clients = 2_000
const events = 200
it(`${clients} clients that return within the window cost no command of Redis`, async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const server = await startSseServer({
    hub: { broker: createRedisBroker({ client: serverClient(redis.port) }) },
  })
  await server.hub.ready
  const ids: string[] = []
  for (let n = 0; n < events; n++) ids.push((await server.hub.publish('news', `${n}`)).id)
  await until(() => server.hub.position === ids.at(-1))

  const commands = await watch(redis.url)
  await reconnectStorm({ url: server.url, ids, clients })
  const asked = await commands()
  // Without clients too the process reads, checks the log, keeps its connection alive and signals.
  expect(asked.filter((command) => !['xread', 'evalsha'].includes(command))).toEqual([])
  const count = (name: string) => asked.filter((command) => command === name).length
  expect(count('evalsha')).toBeLessThanOrEqual(3 * (count('xread') + 1))
}, 180_000)

/** The names of the commands that other clients send from now on, without those of scripts. */
async function watch(url: string): Promise<() => Promise<string[]>> {
  const monitor = createClient({ url })
  const commands: string[] = []
  await monitor.connect()
  await monitor.monitor((command) => {
    const [, source, name] = /\[\d+ ([^\]]+)\] "([^"]+)"/.exec(String(command)) ?? []
    if (source !== 'lua' && name) commands.push(name.toLowerCase())
  })
  onTestFinished(() => monitor.destroy())
  return async () => commands
}
