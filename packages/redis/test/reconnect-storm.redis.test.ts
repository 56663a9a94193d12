import { get, type IncomingMessage } from 'node:http'
import { until } from '@sse/testbed'
import { startSseServer } from '@sse/testbed/sse-server'
import { createClient } from 'redis'
import { expect, it, onTestFinished } from 'vitest'
import { createRedisBroker } from '../src/index.ts'
import { startRedis } from '../src/redis-server.test-kit.ts'

const clients = 2_000
const events = 200
/** How many connect at a time: what a listening socket queues, 511 in Node, must hold them when the machine is busy. */
const together = 500

it(`${clients} clients that come back within the window ask nothing of Redis`, async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const app = createClient({ url: redis.url })
  const server = await startSseServer({ hub: { broker: createRedisBroker({ client: app }) } })
  await server.hub.ready
  const ids: string[] = []
  for (let n = 0; n < events; n++) ids.push((await server.hub.publish('news', `${n}`)).id)
  await until(() => server.hub.position === ids.at(-1))

  const commands = await watch(redis.url)
  const streams: Returned[] = []
  while (streams.length < clients) {
    const group = Array.from({ length: together }, (_, n) => ids[(streams.length + n) % events]!)
    streams.push(...(await Promise.all(group.map((id) => comeBack(server.url, id)))))
  }
  for (const [n, stream] of streams.entries()) {
    await until(() => stream.ids.length === events - 1 - (n % events))
    expect(stream.ids).toEqual(ids.slice((n % events) + 1))
  }
  const asked = await commands()
  // What the process does whether anybody comes or not: it reads, looks at the log, keeps its connection alive and signals.
  expect(asked.filter((command) => !['xread', 'evalsha'].includes(command))).toEqual([])
  const count = (name: string) => asked.filter((command) => command === name).length
  expect(count('evalsha')).toBeLessThanOrEqual(3 * (count('xread') + 1))
  for (const { close } of streams) close()
}, 180_000)

/** The names of the commands that Redis is given from now on by the clients of others; those within scripts not. */
async function watch(url: string): Promise<() => Promise<string[]>> {
  const monitor = createClient({ url })
  const commands: string[] = []
  await monitor.connect()
  await monitor.monitor((line) => {
    const [, source, name] = /\[\d+ ([^\]]+)\] "([^"]+)"/.exec(String(line)) ?? []
    if (source !== 'lua' && name) commands.push(name.toLowerCase())
  })
  onTestFinished(() => monitor.destroy())
  return async () => commands
}

interface Returned {
  readonly ids: readonly string[]
  close(): void
}

/** A stream that was left at this event. */
async function comeBack(url: string, lastEventId: string): Promise<Returned> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const request = get(url, { agent: false, headers: { 'Last-Event-ID': lastEventId } }, resolve)
  request.on('error', reject)
  const response = await promise
  response.on('error', () => {})
  const ids: string[] = []
  let rest = ''
  response.setEncoding('utf8').on('data', (text: string) => {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const id = /^id: (.*)$/m.exec(block)?.[1]
      if (id !== undefined && !/^event: sse\./m.test(block)) ids.push(id)
    }
  })
  return { ids, close: () => request.destroy() }
}
