import { until } from '@sse/testbed'
import { createCluster } from 'redis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { newPrefix, Recorder } from './kit/broker.ts'
import { createRedisBroker } from '../src/index.ts'
import { type RedisCluster, startCluster } from './kit/redis-cluster.ts'
import { connectionsTo, type RedisServer } from './kit/redis-server.ts'

let cluster: RedisCluster
beforeAll(async () => {
  cluster = await startCluster()
}, 60_000)
afterAll(() => cluster.stop())

const servers = () => cluster.shards.flatMap(({ primary, replica }) => [primary, replica])

/** A broker by one node of the cluster, or by all. */
async function startBroker(prefix: string, roots: readonly RedisServer[] = servers()) {
  const client = createCluster({ rootNodes: roots.map(({ url }) => ({ url })) })
  const broker = createRedisBroker({ client, prefix, timeout: 1_000 })
  onTestFinished(() => broker.close())
  const recorder = new Recorder()
  return { broker, recorder, ...(await broker.start(recorder)) }
}

it('a broker connects to the node of its log only, twice', async () => {
  const prefix = newPrefix()
  const { own } = await cluster.shardsOf(prefix)
  const { broker } = await startBroker(prefix)
  await broker.publish(['news'], { data: 'x' })
  await until(async () => {
    const counts = await Promise.all(servers().map(connectionsTo))
    expect(counts).toEqual(servers().map((server) => (server === own.primary ? 2 : 0)))
    return true
  })
})

it('a shard that is down is of no concern to the logs of the others', async () => {
  const prefix = newPrefix()
  const { own, foreign } = await cluster.shardsOf(prefix)
  const [down] = foreign
  const all = await startBroker(prefix)
  // The only node that it is told of goes down: it knows the others by then.
  const one = await startBroker(prefix, [down!.primary])
  await Promise.all([down!.primary.down(), down!.replica.down()])
  onTestFinished(async () => {
    await Promise.all([down!.primary.up(), down!.replica.up()])
  })
  await own.primary.command('CLIENT', 'KILL', 'TYPE', 'normal')
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
