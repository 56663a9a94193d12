import { until } from '@sse/testbed'
import { createCluster } from 'redis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { newPrefix, Recorder } from './kit/broker.ts'
import { createRedisBroker } from '../src/index.ts'
import { moveSlot, slotOf } from './kit/redis-cluster.ts'
import { connectionsTo, type RedisServer, startRedis } from './kit/redis-server.ts'
import { createUser, deniedBy, rightsFor } from './kit/rights.ts'

let nodes: readonly [RedisServer, RedisServer]
const { signal } = new AbortController()

beforeAll(async () => {
  const args = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no']
  nodes = [await startRedis({ args }), await startRedis({ args })]
  await nodes[0].command('CLUSTER', 'ADDSLOTSRANGE', 0, 8_191)
  await nodes[1].command('CLUSTER', 'ADDSLOTSRANGE', 8_192, 16_383)
  await nodes[0].command('CLUSTER', 'MEET', '127.0.0.1', nodes[1].port)
  for (const node of nodes) {
    const knowsAll = async () =>
      /cluster_slots_ok:16384\r/.test(String(await node.command('CLUSTER', 'INFO')))
    await until(knowsAll, { timeout: 30_000 })
    await createUser(node, '{test*}:*', rightsFor('always', 'on a Cluster', 'to be warned of eviction'))
  }
}, 60_000)
afterAll(async () => void (await Promise.all(nodes.map((node) => node.stop()))))

async function startBroker(prefix: string) {
  const client = createCluster({
    rootNodes: [{ url: nodes[0].url }],
    defaults: { username: 'app', password: 'secret' },
  })
  const broker = createRedisBroker({ client, prefix })
  onTestFinished(() => broker.close())
  const recorder = new Recorder()
  return { broker, recorder, ...(await broker.start(recorder)) }
}

/** The node that has the log of a prefix, and the other one. */
async function nodesOf(prefix: string): Promise<readonly [RedisServer, RedisServer]> {
  return (await slotOf(nodes[0], prefix)) < 8_192 ? nodes : [nodes[1], nodes[0]]
}

it('a log has all its keys on one node of a cluster, whichever that is', async () => {
  const homes = new Set<RedisServer>()
  while (homes.size < 2) {
    const prefix = newPrefix()
    homes.add((await nodesOf(prefix))[0])
    const [one, other] = [await startBroker(prefix), await startBroker(prefix)]
    const { id } = await one.broker.publish(['news'], { data: 'x' }, { idempotencyKey: 'k' })
    await until(() => other.recorder.received.length === 1)
    expect(other.recorder.received).toMatchObject([{ id, previous: one.head, data: 'x' }])
    expect(await other.broker.publish(['news'], { data: 'x' }, { idempotencyKey: 'k' })).toEqual({
      id,
      duplicate: true,
    })
    expect(await other.broker.read(one.head, { limit: 10, signal })).toMatchObject({ entries: [{ id }] })
  }
}, 30_000)

it('a broker that is closed leaves no connection behind', async () => {
  const count = () => Promise.all(nodes.map(connectionsTo))
  await until(async () => (await count()).every((connections) => connections === 0))
  const { broker } = await startBroker(newPrefix())
  await broker.publish(['news'], { data: 'x' })
  expect((await count()).some((connections) => connections > 0)).toBe(true)
  await broker.close()
  await until(async () => (await count()).every((connections) => connections === 0))
}, 30_000)

it('a log that moves to another node goes on there', async () => {
  const prefix = newPrefix()
  const { broker, recorder, head } = await startBroker(prefix)
  await broker.publish(['news'], { data: 'before' })
  await moveSlot(await slotOf(nodes[0], prefix), ...(await nodesOf(prefix)))
  const { id } = await until(() => broker.publish(['news'], { data: 'after' }, { idempotencyKey: 'after' }))
  await until(() => recorder.texts.includes('after'))
  expect(recorder.texts).toEqual(['before', 'after'])
  expect(recorder.breaks).toEqual([])
  expect(await broker.read(head, { limit: 10, signal })).toMatchObject({
    entries: [{ data: 'before' }, { id }],
  })
  for (const node of nodes) expect(await deniedBy(node)).toEqual([])
}, 30_000)
