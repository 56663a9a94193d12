import { RawStream, until } from '@sse/testbed'
import { type Node, startNode } from '@sse/testbed/deliveries'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type PostgresServer, startPostgres } from './kit/postgres-server.ts'

let server: PostgresServer
let nodes: readonly [Node, Node]

beforeAll(async () => {
  server = await startPostgres()
  const start = () =>
    startNode({
      broker: new URL('faults/broker.ts', import.meta.url),
      port: server.port,
      args: (port) => [String(port), 'processes'],
    })
  nodes = await Promise.all([start(), start()])
})
afterAll(async () => {
  await Promise.all(nodes.map(({ process }) => process.kill('SIGKILL')))
  for (const { proxy } of nodes) proxy.close()
  await server.stop()
})

/** A stream of a user, and what it has received. */
async function open({ url }: Node, user: string): Promise<{ received: () => string; ended: () => boolean }> {
  const stream = await RawStream.open(`${url}/events?user=${user}`)
  onTestFinished(() => stream.close())
  let received = ''
  stream.read((block) => {
    received += block.toString()
  })
  await until(() => received.includes('event: sse.open'))
  return { received: () => received, ended: () => received.includes('event: sse.close') }
}

async function post({ url }: Node, path: string, body: unknown): Promise<number> {
  const headers = { 'Content-Type': 'application/json' }
  return (await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).status
}

it('what one process publishes reaches the clients of both', async () => {
  const streams = await Promise.all(nodes.map((node) => open(node, 'anybody')))
  expect(await post(nodes[0], '/publish', [{ data: 'from the first' }])).toBe(200)
  expect(await post(nodes[1], '/publish', [{ data: 'from the second' }])).toBe(200)
  for (const { received } of streams)
    await until(() => received().includes('from the first') && received().includes('from the second'))
})

it('a user is disconnected wherever the streams are, and no other user', async () => {
  const [here, there, other] = await Promise.all([
    open(nodes[0], 'leaving'),
    open(nodes[1], 'leaving'),
    open(nodes[1], 'staying'),
  ])
  expect(await post(nodes[0], '/disconnect?user=leaving', {})).toBe(204)
  for (const { ended } of [here, there]) await until(ended)
  expect(other.ended()).toBe(false)
})

it('the channels of a stream are changed through a process that does not hold it', async () => {
  const { received } = await open(nodes[0], 'reader')
  const [, stream] = /"stream":"([^"]+)"/.exec(received()) ?? []
  const change = (user: string) =>
    post(nodes[1], `/events?user=${user}`, { stream, subscribe: ['topic:vue'] })
  expect(await change('somebody else')).toBe(404)
  expect(await change('reader')).toBe(200)
  await post(nodes[1], '/publish', [{ data: 'on the topic', channel: 'topic:vue' }])
  await until(() => received().includes('on the topic'))
})
