import { setTimeout as delay } from 'node:timers/promises'
import { between, createRandom, isLong, pick, type Random, seed, until } from '@sse/testbed'
import {
  freezeNetwork,
  killServer,
  promiseOf,
  publishStorm,
  type RepeatedFault,
  type Run,
  repeatFault,
  type World,
} from '@sse/testbed/deliveries'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientPackage } from '../kit/clients.ts'
import { formCluster, moveSlot, ownerFirst, slotOf, startNodes } from '../kit/redis-cluster.ts'
import { type RedisServer, startRedis } from '../kit/redis-server.ts'
import { startWorld } from './world.ts'

const runs = isLong ? 20 : 1

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
  readonly loses: RepeatedFault['loses']
  happen(setting: Setting, run: Run): Promise<void>
}

async function restartRedis({ redis, random }: Setting): Promise<void> {
  await delay(between(random, 0, 200))
  await redis.down(pick(random, ['SIGKILL', 'SIGTERM']))
  await delay(between(random, 0, 1_500))
  await redis.up()
}

const faults: readonly Fault[] = [
  {
    name: 'a server process is killed',
    loses: false,
    happen: ({ world, random }) => killServer(world, random),
  },
  {
    name: 'Redis is killed and restarts with its log',
    args: ['--appendonly', 'yes', '--appendfsync', 'always'],
    loses: false,
    happen: restartRedis,
  },
  {
    name: 'Redis is killed and restarts without its log',
    loses: 'all',
    happen: restartRedis,
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
    name: 'the network between a server and Redis hangs, and neither side notices',
    loses: false,
    happen: ({ world, random }) => freezeNetwork(world, random, 4_000),
  },
  {
    name: 'Redis hangs',
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
    happen: ({ world, random }, { ledger }) => publishStorm(world, random, ledger),
  },
]

/** Faults of a Cluster only. */
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
      const [owner, other] = await ownerFirst([redis, replica], 'faults')
      for (const [from, to] of [
        [owner!, other!],
        [other!, owner!],
      ] as const) {
        await delay(between(random, 0, 300))
        await moveSlot(slot, from, to)
      }
    },
  },
]

/** All faults on one server, and those that a Cluster can have on a Cluster too. */
const trials = [
  ...faults.map((fault) => ({ ...fault, where: 'one server', topology: 'server' as const })),
  // REPLICAOF is not allowed in a Cluster.
  ...faults
    .filter(({ name }) => !name.startsWith('a replica'))
    // In the short form a Cluster suffers a loss, a restart and a silence: all others differ in what Redis does, not in the way to it.
    .filter(
      ({ name }) =>
        isLong || /^(everything|Redis is killed and restarts with its log|the network)/.test(name),
    )
    .map((fault) => ({ ...fault, where: 'a Cluster', topology: 'cluster' as const })),
  ...clusterFaults.map((fault) => ({ ...fault, where: 'a Cluster', topology: 'announced cluster' as const })),
].map((trial, seedOffset) => ({ ...trial, seedOffset }))

/** Faults that need the same servers happen to the same ones: starting them takes longer than most faults. */
const settings = [
  ...Map.groupBy(trials, ({ name, where, topology, args, maxLength }) =>
    [where, ...(args ?? []), maxLength ?? [], topology === 'announced cluster' ? name : []].flat().join(' '),
  ),
]

describe.each(settings)('%s', (_, trials) => {
  const [{ name: firstName, where, topology, args = [], maxLength }] = trials as [(typeof trials)[0]]
  let redis: RedisServer
  let replica: RedisServer
  let world: World

  beforeAll(async () => {
    if (topology === 'server') [redis, replica] = [await startRedis(...args), await startRedis()]
    else [redis, replica] = (await startNodes(2, ...args)) as [RedisServer, RedisServer]
    if (topology === 'cluster') await formCluster([redis])
    if (topology === 'announced cluster')
      await (firstName.startsWith('a replica')
        ? formCluster([redis], [replica])
        : formCluster([redis, replica]))
    world = await startWorld({ prefix: 'faults', redisPort: redis.port, maxLength, topology })
    // Longer than all of these waits together: each has its own condition.
  }, 300_000)
  afterAll(async () => {
    // It is missing if it could not start.
    await world?.stop()
    await Promise.all([redis?.stop(), replica?.stop()])
  })

  it.each(trials.map((trial) => ({ ...trial, promise: promiseOf(trial.loses) })))(
    '$name: $promise',
    async ({ name, loses, happen, seedOffset }) => {
      const random = createRandom(seed + seedOffset)
      const told = await repeatFault({
        name: `${where}, by ${clientPackage}: ${name}`,
        ...{ world, runs, loses },
        async happen(run) {
          await happen({ world, redis, replica, random }, run)
          // The one that took over is the primary of the next run.
          if (topology === 'server' && name.startsWith('a replica')) [redis, replica] = [replica, redis]
        },
      })
      expect(told).toEqual([])
    },
    60_000 + runs * 30_000,
  )
})
