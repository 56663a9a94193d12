import { startRecorded, until } from '@sse/testbed'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createRedisBroker } from '../src/index.ts'
import { newPrefix } from './kit/broker.ts'
import { clusterClient } from './kit/clients.ts'
import { formCluster, ownerFirst, startNodes } from './kit/redis-cluster.ts'
import { connectionsTo, type RedisServer } from './kit/redis-server.ts'

let servers: readonly RedisServer[]
let primaries: readonly RedisServer[]
let replicas: readonly RedisServer[]
beforeAll(async () => {
  servers = await startNodes(6)
  primaries = servers.slice(0, 3)
  replicas = servers.slice(3)
  await formCluster(primaries, replicas)
}, 60_000)
afterAll(async () => void (await Promise.all(servers.map((server) => server.stop()))))

/** A broker whose client gets one node of the Cluster, or all. */
function startBroker(prefix: string, roots: readonly RedisServer[] = servers) {
  const client = clusterClient(roots.map(({ port }) => port))
  return startRecorded(createRedisBroker({ client, prefix, timeout: 1_000 }))
}

it('a broker connects to the node of its log only, twice', async () => {
  const prefix = newPrefix()
  const [owner] = await ownerFirst(primaries, prefix)
  const { broker } = await startBroker(prefix)
  await broker.publish(['news'], { data: 'x' })
  await until(async () => {
    const counts = await Promise.all(servers.map(connectionsTo))
    expect(counts).toEqual(servers.map((server) => (server === owner ? 2 : 0)))
    return true
  })
})

it('a shard that is down does not affect the logs of other shards', async () => {
  const prefix = newPrefix()
  const [owner, down] = await ownerFirst(primaries, prefix)
  const shard = [down!, replicas[primaries.indexOf(down!)]!]
  const all = await startBroker(prefix)
  // The only node that its client was given goes down: it knows the others by then.
  const one = await startBroker(prefix, [down!])
  await Promise.all(shard.map((server) => server.down()))
  onTestFinished(async () => void (await Promise.all(shard.map((server) => server.up()))))
  await owner!.command('CLIENT', 'KILL', 'TYPE', 'normal')
  const late = await startBroker(prefix)
  for (const { broker } of [all, one, late]) {
    const { id } = await until(
      () => broker.publish(['news'], { data: 'x' }, { idempotencyKey: crypto.randomUUID() }),
      { timeout: 20_000 },
    )
    for (const { recorder } of [all, one, late])
      await until(() => recorder.received.some((entry) => entry.id === id), { timeout: 20_000 })
  }
  for (const { recorder } of [all, one, late]) {
    await until(() => recorder.states.at(-1) === 'up')
    expect(recorder.breaks).toEqual([])
  }
}, 90_000)
