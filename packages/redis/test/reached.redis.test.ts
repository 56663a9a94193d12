import { createSseClient } from '@sse/client'
import { startTcpProxy } from '@sse/testbed'
import { type SseServer, startSseServer } from '@sse/testbed/sse-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { brokerOn, newPrefix } from './kit/broker.ts'
import { type RedisServer, startRedis } from './kit/redis-server.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

/** A server node on the log of a prefix. */
const startNode = (prefix: string, port = redis.port) =>
  startSseServer({ hub: { broker: brokerOn(port, { prefix }) } })

/** A page with an open stream to a node, and what its listener was told. */
async function openPage({ url }: SseServer) {
  const client = createSseClient(url)
  onTestFinished(() => client.close())
  const told: unknown[] = []
  client.on('tick', (data) => told.push(data))
  const opened = new Promise((resolve) => client.on('sse.open', resolve))
  client.connect()
  await opened
  return { client, told }
}

it('20 pages on two nodes: each sees each of its writes when the promise resolves', async () => {
  const prefix = newPrefix()
  const nodes = [await startNode(prefix), await startNode(prefix)]
  const pages = await Promise.all(Array.from({ length: 20 }, (_, index) => openPage(nodes[index % 2]!)))
  let early = 0
  await Promise.all(
    pages.map(async ({ client, told }, index) => {
      for (let count = 0; count < 10; count++) {
        const write = `write ${count} of page ${index}`
        // The load balancer sends it to either of them.
        const { id } = await nodes[count % 2]!.hub.publish('news', write, { event: 'tick' })
        if (!told.includes(write)) early++
        await client.reached(id)
        expect(told).toContain(write)
      }
    }),
  )
  expect(early, 'writes that a page did not see yet when the server had answered').toBeGreaterThan(0)
  await Promise.all(
    pages.map(async ({ client, told }, index) => {
      // No stream is on this channel: the page asks its node.
      const { id } = await nodes[(index + 1) % 2]!.hub.publish('elsewhere', 'not told')
      await client.reached(id)
      expect(told).toHaveLength(200)
    }),
  )
})

it('a write that was lost when the log began anew rejects', async () => {
  const prefix = newPrefix()
  const proxy = await startTcpProxy(redis.port)
  onTestFinished(() => proxy.close())
  const nodes = [await startNode(prefix), await startNode(prefix, proxy.port)]
  const { client, told } = await openPage(nodes[1]!)
  await client.reached((await nodes[0]!.hub.publish('news', 'before', { event: 'tick' })).id)
  // The page's node does not learn of the write before the log is gone.
  proxy.freeze()
  const lost = await nodes[0]!.hub.publish('news', 'lost', { event: 'tick' })
  const reached = client.reached(lost.id)
  const outcome = expect(reached).rejects.toMatchObject({ code: 'forked', value: lost.id })
  await redis.command('FLUSHALL')
  proxy.mend()
  await outcome
  const { id } = await nodes[0]!.hub.publish('news', 'after', { event: 'tick' })
  await client.reached(id)
  expect(told).toEqual(['before', 'after'])
})
