import { setTimeout as delay } from 'node:timers/promises'
import { until } from '@sse/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { moveSlot, slotOf } from '../src/redis-cluster.test-kit.ts'
import { type RedisServer, startRedis } from '../src/redis-server.test-kit.ts'
import { between, createRandom, type Random, seed } from './random.ts'
import { type Run, World } from './world.ts'

/** `SSE_FAULTS=long` is what `test:faults` runs. */
const runs = process.env['SSE_FAULTS'] === 'long' ? 20 : 1

interface Setting {
  readonly world: World
  readonly redis: RedisServer
  readonly replica: RedisServer
  readonly random: Random
}

interface Fault {
  readonly name: string
  /** Arguments of Redis. */
  readonly args?: readonly string[]
  readonly maxLength?: number
  /** Whether the log itself loses something, so that gaps may be told; or all, so that everybody is told one. */
  readonly loses: boolean | 'all'
  happen(setting: Setting, run: Run): Promise<void>
}

/** The last slot of the first of two primaries. */
const half = 8_191

const pick = <T>(random: Random, from: readonly T[]): T => from[between(random, 0, from.length - 1)]!

const faults: readonly Fault[] = [
  {
    name: 'a server process is killed',
    loses: false,
    async happen({ world, random }) {
      const node = pick(random, world.nodes)
      await delay(between(random, 0, 200))
      await node.process.kill('SIGKILL')
      await delay(between(random, 0, 300))
      await node.restart()
    },
  },
  {
    name: 'Redis is killed and comes back with its log',
    args: ['--appendonly', 'yes', '--appendfsync', 'always'],
    loses: false,
    async happen({ redis, random }) {
      await delay(between(random, 0, 200))
      await redis.down(pick(random, ['SIGKILL', 'SIGTERM']))
      await delay(between(random, 0, 1_500))
      await redis.up()
    },
  },
  {
    name: 'Redis is killed and comes back with nothing',
    loses: 'all',
    async happen({ redis, random }) {
      await delay(between(random, 0, 200))
      await redis.down(pick(random, ['SIGKILL', 'SIGTERM']))
      await delay(between(random, 0, 1_500))
      await redis.up()
    },
  },
  {
    name: 'everything in Redis is deleted',
    loses: 'all',
    async happen({ redis, random }) {
      await delay(between(random, 0, 200))
      await redis.command(pick(random, ['FLUSHALL', 'FLUSHDB']))
    },
  },
  {
    name: 'a replica takes over that lacks the newest entries',
    loses: true,
    async happen({ world, redis, replica, random }) {
      await replica.command('REPLICAOF', '127.0.0.1', redis.port)
      await until(async () => String(await replica.command('ROLE')).includes('connected'))
      await delay(between(random, 0, 200))
      // From now on it lags.
      await replica.command('REPLICAOF', 'NO', 'ONE')
      await delay(between(random, 0, 400))
      for (const { proxy } of world.nodes) {
        proxy.turn(replica.port)
        await delay(between(random, 0, 1) * between(random, 0, 300))
      }
    },
  },
  {
    name: 'nothing comes through between a server and Redis, and nobody is told',
    loses: false,
    async happen({ world, random }) {
      const cut = random() < 0.3 ? world.nodes : [pick(random, world.nodes)]
      await delay(between(random, 0, 200))
      for (const { proxy } of cut) proxy.freeze()
      await delay(between(random, 100, 4_000))
      for (const { proxy } of cut) proxy.mend()
    },
  },
  {
    name: 'Redis stands still',
    loses: false,
    async happen({ redis, random }) {
      await delay(between(random, 0, 200))
      const milliseconds = between(random, 100, 3_000)
      const command = pick(random, [
        ['CLIENT', 'PAUSE', milliseconds, 'ALL'],
        ['CLIENT', 'PAUSE', milliseconds, 'WRITE'],
        ['DEBUG', 'SLEEP', milliseconds / 1_000],
      ])
      const paused = redis.command(...command)
      await delay(milliseconds)
      await paused
    },
  },
  {
    name: 'the clock of Redis goes back, and the log with it',
    loses: 'all',
    async happen({ redis, random }) {
      await redis.command('XSETID', '{faults}:log', `${Date.now() + 3_600_000}-0`)
      await delay(between(random, 50, 300))
      if (random() < 0.5) await redis.command('FLUSHALL')
      else await redis.restart()
    },
  },
  {
    name: 'ten times as much is published as the log keeps',
    maxLength: 300,
    loses: true,
    async happen({ world, random }, { ledger }) {
      const away = random() < 0.6 ? pick(random, world.nodes) : undefined
      away?.proxy.freeze()
      const present = world.nodes.find((node) => node !== away)!
      for (let n = 0; n < 30; n++) {
        const texts = Array.from({ length: 100 }, (_, index) => `storm ${n}.${index} ${random()}`)
        for (const text of texts) ledger.attempt(text)
        const response = await fetch(`${present.url}/publish`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(texts.map((data) => ({ data }))),
        })
        const outcomes = (await response.json()) as { id: string }[]
        for (const [index, text] of texts.entries()) ledger.acknowledge(text, outcomes[index]!.id)
      }
      away?.proxy.mend()
    },
  },
]

/** What befalls a Cluster alone. */
const clusterFaults: readonly Fault[] = [
  {
    name: 'a replica of the Cluster takes over, and its primary hears of it later',
    loses: true,
    async happen({ redis, replica, random }) {
      // The one that took over before is the primary now.
      const follower = String(await redis.command('ROLE')).startsWith('slave') ? redis : replica
      await until(async () => String(await follower.command('ROLE')).includes('connected'), {
        timeout: 30_000,
      })
      await delay(between(random, 0, 300))
      // It is asleep, and takes over before it takes what its primary has sent meanwhile.
      const asleep = follower.command('DEBUG', 'SLEEP', between(random, 0, 400) / 1_000)
      await follower.command('CLUSTER', 'FAILOVER', 'TAKEOVER')
      await asleep
      await until(async () => String(await follower.command('ROLE')).startsWith('master'), {
        timeout: 30_000,
      })
    },
  },
  {
    name: 'the log moves to another node of the Cluster and back',
    loses: false,
    async happen({ redis, replica, random }) {
      const slot = await slotOf(redis, 'faults')
      const [home, away] = slot <= half ? ([redis, replica] as const) : ([replica, redis] as const)
      for (const [from, to] of [
        [home, away],
        [away, home],
      ] as const) {
        await delay(between(random, 0, 300))
        await moveSlot(slot, from, to)
      }
    },
  },
]

/** All faults, and what becomes of a log when they befall it; those of a Cluster on one, and the others on one too. */
const trials = [
  ...faults.map((fault) => ({ ...fault, where: 'one server', way: 'server' as const })),
  // A node of a Cluster is no replica of a server that it is told of.
  ...faults
    .filter(({ name }) => !name.startsWith('a replica'))
    .map((fault) => ({ ...fault, where: 'a Cluster', way: 'cluster' as const })),
  ...clusterFaults.map((fault) => ({ ...fault, where: 'a Cluster', way: 'announced cluster' as const })),
]

describe.each(trials)('$where: $name', ({ name, where, way, args = [], maxLength, loses, happen }) => {
  let redis: RedisServer
  let replica: RedisServer
  let world: World

  beforeAll(async () => {
    const cluster =
      way === 'server' ? [] : ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no']
    redis = await startRedis({ args: [...args, ...cluster] })
    replica = await startRedis({ args: cluster })
    if (way !== 'server') await createCluster(redis, way === 'announced cluster' ? replica : undefined, name)
    world = await World.start({ prefix: 'faults', redisPort: redis.port, maxLength, way })
    // Longer than all that is waited for one after the other: each of these waits for its own condition.
  }, 300_000)
  afterAll(async () => {
    await world.stop()
    await Promise.all([redis.stop(), replica.stop()])
  })

  it(
    loses
      ? 'what was lost is told, and all else comes once'
      : 'nothing is lost or repeated, and no gap is told',
    async () => {
      const random = createRandom(seed + trials.findIndex((one) => one.name === name && one.where === where))
      const told: string[] = []
      let [acknowledged, refused, gaps, excused] = [0, 0, 0, 0]
      for (let run = 0; run < runs; run++) {
        const { ledger, publishers } = await world.run((one) =>
          happen({ world, redis, replica, random }, one),
        )
        const wrong = ledger.judge(world.clients.map((client) => client.name))
        if (!loses && ledger.gaps > 0) wrong.push(`${ledger.gaps} gaps were told`)
        const untold = world.clients.filter((client) => !ledger.wasTold(client.name))
        if (loses === 'all') wrong.push(...untold.map((client) => `${client.name}: no gap was told`))
        told.push(...wrong.slice(0, 5).map((fault) => `run ${run}: ${fault}`))
        acknowledged += ledger.acknowledged.length
        refused += publishers.reduce((sum, publisher) => sum + publisher.refused, 0)
        gaps += ledger.gaps
        excused += ledger.excused
        // The one that took over is the primary of the next run.
        if (way === 'server' && name.startsWith('a replica')) [redis, replica] = [replica, redis]
      }
      console.info(
        `${where}: ${name}, ${runs} times by the seed ${seed}: ${acknowledged} acknowledged, ${refused} refused, ${gaps} gaps told, ${excused} deliveries missing for them`,
      )
      expect(told).toEqual([])
    },
    60_000 + runs * 30_000,
  )
})

/** Makes a Cluster, of one primary, of one and its replica, or of two. */
async function createCluster(
  redis: RedisServer,
  other: RedisServer | undefined,
  name: string,
): Promise<void> {
  const isReplica = name.startsWith('a replica')
  await redis.command('CLUSTER', 'ADDSLOTSRANGE', 0, other && !isReplica ? half : 16_383)
  if (other && !isReplica) await other.command('CLUSTER', 'ADDSLOTSRANGE', half + 1, 16_383)
  if (other) await redis.command('CLUSTER', 'MEET', '127.0.0.1', other.port)
  for (const node of other ? [redis, other] : [redis]) {
    const knowsAll = async () =>
      /cluster_slots_ok:16384\r/.test(String(await node.command('CLUSTER', 'INFO')))
    await until(knowsAll, { timeout: 30_000 })
  }
  if (!other || !isReplica) return
  const id = String(await redis.command('CLUSTER', 'MYID'))
  await until(() => other.command('CLUSTER', 'REPLICATE', id), { timeout: 30_000 })
  await until(async () => String(await other.command('ROLE')).includes('connected'), { timeout: 30_000 })
}
