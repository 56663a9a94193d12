import { createSseClient } from '@sse/client'
import { until } from '@sse/testbed'
import type { Node } from '@sse/testbed/deliveries'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type RedisServer, startRedis } from '../kit/redis-server.ts'
import { startNode } from './world.ts'

let redis: RedisServer
let nodes: readonly [Node, Node]

beforeAll(async () => {
  redis = await startRedis()
  const options = { prefix: 'processes', redisPort: redis.port }
  nodes = [await startNode(options), await startNode(options)]
}, 60_000)
afterAll(async () => {
  await Promise.all(nodes.map(({ process }) => process.kill('SIGKILL')))
  for (const { proxy } of nodes) proxy.close()
  await redis.stop()
})

/** A client of one of the two processes, and what it has received. */
async function open(
  { url }: Node,
  user: string,
): Promise<{ client: ReturnType<typeof createSseClient>; texts: string[] }> {
  const texts: string[] = []
  const client = createSseClient<{ tick: string }>(`${url}/events?user=${user}`, { parse: 'text' })
  client.on('tick', (text) => texts.push(text))
  client.connect()
  onTestFinished(() => client.close())
  await until(() => client.state.status === 'open')
  return { client, texts }
}

async function publish({ url }: Node, data: string, channel?: string): Promise<void> {
  const response = await fetch(`${url}/publish`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify([{ data, channel }]),
  })
  expect(response.status).toBe(200)
}

it('what one process publishes reaches the clients of both', async () => {
  const clients = await Promise.all(nodes.map((node) => open(node, 'anybody')))
  await publish(nodes[0], 'from the first')
  await publish(nodes[1], 'from the second')
  for (const { texts } of clients) await until(() => texts.length === 2)
  for (const { texts } of clients) expect(texts).toEqual(['from the first', 'from the second'])
})

it('a user is disconnected wherever the streams are, and no other user', async () => {
  const [here, there, other] = await Promise.all([
    open(nodes[0], 'leaving'),
    open(nodes[1], 'leaving'),
    open(nodes[1], 'staying'),
  ])
  const response = await fetch(`${nodes[0].url}/disconnect?user=leaving`, { method: 'POST' })
  expect(response.status).toBe(204)
  for (const { client } of [here, there]) {
    await until(() => client.state.status === 'closed')
    expect(client.state).toMatchObject({ reason: 'ended' })
  }
  expect(other.client.state.status).toBe('open')
})

it('a disconnect waits for the process that holds the stream, and not for one that was killed a second before', async () => {
  const options = { prefix: 'processes', redisPort: redis.port }
  const killed = await startNode(options)
  const there = await open(nodes[1], 'leaving')
  await open(killed, 'leaving')
  onTestFinished(() => killed.proxy.close())
  await killed.process.kill('SIGKILL')
  const response = await fetch(`${nodes[0].url}/disconnect?user=leaving`, { method: 'POST' })
  expect(response.status).toBe(204)
  // It has resolved: the other process has ended the stream by now, and needs no more time.
  const { streams } = (await (await fetch(`${nodes[1].url}/streams?user=leaving`)).json()) as {
    streams: number
  }
  expect(streams).toBe(0)
  await until(() => there.client.state.status === 'closed')
})

it('the channels of a stream are changed through a process that does not hold it', async () => {
  const { client, texts } = await open(nodes[0], 'reader')
  let stream = ''
  client.on('sse.open', (opened) => {
    stream = opened.stream
  })
  client.reconnect()
  await until(() => stream !== '')
  const change = (user: string) =>
    fetch(`${nodes[1].url}/events?user=${user}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ stream, subscribe: ['topic:vue'] }),
    })
  expect((await change('somebody else')).status).toBe(404)
  expect((await change('reader')).status).toBe(200)
  await publish(nodes[1], 'on the topic', 'topic:vue')
  await until(() => texts.includes('on the topic'))
})
