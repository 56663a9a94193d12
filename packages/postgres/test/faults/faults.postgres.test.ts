import { join } from 'node:path'
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
import { PostgresServer, run as runProgram, startPostgres, startReplica } from '../kit/postgres-server.ts'
import { SmallDisk } from '../kit/small-disk.ts'
import { startWorld } from './world.ts'

const runs = isLong ? 20 : 1
const schema = 'faults'

interface Setting {
  readonly world: World
  readonly server: PostgresServer
  readonly disk: SmallDisk | undefined
  readonly random: Random
}

interface Fault {
  readonly name: string
  /** Entries that the log keeps. */
  readonly keep?: number
  /** Whether the tables are on a disk of their own, which can be filled. */
  readonly onSmallDisk?: boolean
  readonly loses: RepeatedFault['loses']
  /** @returns the server of the next run, if it is another one */
  happen(setting: Setting, run: Run): Promise<unknown>
}

/** Ends connections of the brokers. */
const terminate = (server: PostgresServer, which: string) =>
  server.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND ${which}`,
  )

/** What the connections do, to find out why a run does not go on. */
async function activityOf(server: PostgresServer): Promise<string> {
  const rows = await server.query(
    "SELECT pid, state, wait_event_type, wait_event, now() - query_start AS age, left(query, 100) AS query FROM pg_stat_activity WHERE backend_type = 'client backend'",
  )
  return rows.map((row) => JSON.stringify(row)).join('\n')
}

const faults: readonly Fault[] = [
  {
    name: 'a server process is killed',
    loses: false,
    happen: ({ world, random }) => killServer(world, random),
  },
  {
    name: 'PostgreSQL ends its connections, all or those that listen',
    loses: false,
    async happen({ server, random }) {
      for (let n = 0; n < 5; n++) {
        await delay(between(random, 0, 150))
        await terminate(server, pick(random, ['true', "query LIKE 'LISTEN%'", "query LIKE '%append%'"]))
      }
    },
  },
  {
    name: 'a connection of PostgreSQL is killed, so that it recovers from a crash',
    loses: false,
    async happen({ server, random }) {
      await delay(between(random, 0, 200))
      const [row] = await server.query(
        `SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND query LIKE '%append%' LIMIT 1`,
      )
      if (row) process.kill(Number(row['pid']), 'SIGKILL')
    },
  },
  {
    name: 'PostgreSQL is killed or stopped, and starts again',
    loses: false,
    async happen({ server, random }) {
      await delay(between(random, 0, 200))
      await server.down(pick(random, ['SIGKILL', 'SIGQUIT', 'SIGINT']))
      await delay(between(random, 0, 1_000))
      await server.up()
    },
  },
  {
    name: 'everything in the log is deleted',
    loses: 'all',
    async happen({ server, random }) {
      await delay(between(random, 0, 200))
      // It may be the victim of a deadlock.
      await until(() => server.query(`DROP SCHEMA ${schema} CASCADE`))
    },
  },
  {
    name: 'the log is restored from a dump',
    loses: true,
    async happen({ server, random }) {
      const file = join(server.directory, 'dump.sql')
      const address = ['-h', '127.0.0.1', '-p', String(server.port), '-U', 'postgres', '-d', 'postgres']
      runProgram('pg_dump', [...address, '-n', schema, '-f', file])
      await delay(between(random, 50, 300))
      await until(() => {
        runProgram('psql', [
          ...address,
          '-q',
          '-1',
          '-v',
          'ON_ERROR_STOP=1',
          '-c',
          `DROP SCHEMA ${schema} CASCADE`,
          '-f',
          file,
        ])
        return true
      })
    },
  },
  {
    name: 'a replica takes over that lacks the newest entries',
    loses: true,
    async happen({ world, server, random }) {
      const replica = await startReplica(server)
      await delay(between(random, 0, 200))
      await replica.stopFollowing()
      await delay(between(random, 0, 400))
      const stopped = world.nodes.map(({ proxy }) => proxy)
      await replica.promote()
      for (const proxy of stopped) {
        proxy.turn(replica.port)
        await delay(between(random, 0, 1) * between(random, 0, 300))
      }
      await server.stop()
      return replica
    },
  },
  {
    name: 'the network between a server and PostgreSQL hangs, and neither side notices',
    loses: false,
    happen: ({ world, random }) => freezeNetwork(world, random, 3_000),
  },
  {
    name: 'another program holds the lock of the log',
    loses: false,
    async happen({ server, random }) {
      await delay(between(random, 0, 200))
      await server.query(
        `BEGIN; LOCK TABLE ${schema}.entries IN EXCLUSIVE MODE; SELECT pg_sleep(${between(random, 1, 20) / 10}); COMMIT`,
      )
    },
  },
  {
    name: 'the disk of the tables is full for a while',
    onSmallDisk: true,
    loses: false,
    async happen({ disk, random }, { publishers }) {
      await delay(between(random, 0, 200))
      const refused = () => publishers.reduce((sum, publisher) => sum + publisher.refused, 0)
      const before = refused()
      disk?.fill()
      await until(() => refused() > before, { timeout: 30_000 })
      await delay(between(random, 0, 1_000))
      disk?.empty()
    },
  },
  {
    name: 'ten times as much is published as the log keeps',
    keep: 300,
    loses: true,
    happen: ({ world, random }, { ledger }) => publishStorm(world, random, ledger),
  },
]

/** Faults that need the same server happen to the same one: starting it takes longer than most faults. */
const settings = [
  ...Map.groupBy(
    faults.map((fault, seedOffset) => ({ ...fault, seedOffset })),
    ({ keep, onSmallDisk }) =>
      [keep ? 'a short log' : [], onSmallDisk ? 'a small disk' : []].flat().join() || 'a log',
  ),
]

describe.each(settings)('%s', (_, trials) => {
  const [{ keep, onSmallDisk }] = trials as [(typeof trials)[0]]
  let server: PostgresServer
  let disk: SmallDisk | string | undefined
  let world: World

  beforeAll(async () => {
    server = await startPostgres()
    if (onSmallDisk) disk = await SmallDisk.mount(server)
    world = await startWorld({ schema, port: server.port, keep })
  }, 300_000)
  afterAll(async () => {
    // It is missing if it could not start.
    await world?.stop()
    await server?.stop(() => disk instanceof SmallDisk && disk.unmount())
  })

  it.for(trials.map((trial) => ({ ...trial, promise: promiseOf(trial.loses) })))(
    '$name: $promise',
    { timeout: 60_000 + runs * 30_000 },
    async ({ name, loses, happen, seedOffset }, { skip }) => {
      if (typeof disk === 'string') return skip(disk)
      const drive = disk
      const random = createRandom(seed + seedOffset)
      const outcome = repeatFault({
        ...{ name, world, runs, loses },
        async happen(run) {
          const next = await happen({ world, server, disk: drive, random }, run)
          if (next instanceof PostgresServer) server = next
        },
      })
      const told = await outcome.catch(async (error) => {
        throw new Error(await activityOf(server), { cause: error })
      })
      expect(told).toEqual([])
    },
  )
})
