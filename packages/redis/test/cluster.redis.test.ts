import { startRecorded, until } from '@sse/testbed'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRedisBroker } from '../src/index.ts'
import { newPrefix } from './kit/broker.ts'
import { clientPackage, clusterClient } from './kit/clients.ts'
import { formCluster, moveSlot, ownerFirst, slotOf, startNodes } from './kit/redis-cluster.ts'
import { connectionsTo, type RedisServer } from './kit/redis-server.ts'
import { createUser, deniedBy } from './kit/rights.ts'

let nodes: readonly RedisServer[]
const { signal } = new AbortController()
const onCluster = ['on a Cluster', ...(clientPackage === 'ioredis' ? ['on a Cluster by `ioredis`'] : [])]

beforeAll(async () => {
  nodes = await startNodes(2)
  await formCluster(nodes)
  for (const node of nodes)
    await createUser(node, '{test*}:*', 'always', ...onCluster, 'to be warned of eviction')
}, 60_000)
afterAll(async () => void (await Promise.all(nodes.map((node) => node.stop()))))

async function startBroker(prefix: string) {
  const client = clusterClient([nodes[0]!.port], { username: 'app', password: 'secret' })
  return startRecorded(createRedisBroker({ client, prefix }))
}

it('a log has all its keys on one node of a cluster, whichever that is', async () => {
  const owners = new Set<RedisServer>()
  while (owners.size < 2) {
    const prefix = newPrefix()
    owners.add((await ownerFirst(nodes, prefix))[0]!)
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
  const [from, to] = await ownerFirst(nodes, prefix)
  await moveSlot(await slotOf(from!, prefix), from!, to!)
  const { id } = await until(() => broker.publish(['news'], { data: 'after' }, { idempotencyKey: 'after' }))
  await until(() => recorder.texts.includes('after'))
  expect(recorder.texts).toEqual(['before', 'after'])
  expect(recorder.breaks).toEqual([])
  expect(await broker.read(head, { limit: 10, signal })).toMatchObject({
    entries: [{ data: 'before' }, { id }],
  })
  for (const node of nodes) expect(await deniedBy(node)).toEqual([])
}, 30_000)
