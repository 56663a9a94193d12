import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { between, createRandom, type Random, seed, until } from '@sse/testbed'
import type { Run, World } from '@sse/testbed/deliveries'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PostgresServer, run as runProgram, startPostgres, startReplica } from '../kit/postgres-server.ts'
import { SmallDisk } from '../kit/small-disk.ts'
import { startWorld } from './world.ts'

/** `SSE_FAULTS=long` is what `test:faults` runs. */
const isLong = process.env['SSE_FAULTS'] === 'long'
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
  /** Whether the log loses entries, so that clients may receive gaps; or all entries, so that each client must receive one. */
  readonly loses: boolean | 'all'
  /** @returns the server of the next run, if it is another one */
  happen(setting: Setting, run: Run): Promise<unknown>
}

const pick = <T>(random: Random, from: readonly T[]): T => from[between(random, 0, from.length - 1)]!

/** Ends connections of the brokers. */
const terminate = (server: PostgresServer, which: string) =>
  server.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND ${which}`,
  )

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
    async happen({ world, random }) {
      const cut = random() < 0.3 ? world.nodes : [pick(random, world.nodes)]
      await delay(between(random, 0, 200))
      for (const { proxy } of cut) proxy.freeze()
      await delay(between(random, 100, 3_000))
      for (const { proxy } of cut) proxy.mend()
    },
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
    async happen({ world, random }, { ledger }) {
      const away = random() < 0.6 ? pick(random, world.nodes) : undefined
      away?.proxy.freeze()
      const present = world.nodes.find((node) => node !== away)!
      for (let n = 0; n < 30; n++) {
        const texts = Array.from({ length: 100 }, (_, index) => `storm ${n}.${index} ${random()}`)
        for (const text of texts) ledger.publish(text)
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

describe.each(faults)('$name', ({ name, keep, onSmallDisk, loses, happen }) => {
  let server: PostgresServer
  let disk: SmallDisk | string | undefined
  let world: World

  beforeAll(async () => {
    server = await startPostgres()
    if (onSmallDisk) disk = await SmallDisk.mount(server)
    world = await startWorld({ schema, port: server.port, keep })
  }, 300_000)
  afterAll(async () => {
    await world.stop()
    await server.stop(() => disk instanceof SmallDisk && disk.unmount())
  })

  it(
    loses
      ? 'what was lost is told, and all else comes once'
      : 'nothing is lost or repeated, and no gap is told',
    async ({ skip }) => {
      if (typeof disk === 'string') return skip(disk)
      const drive = disk
      const random = createRandom(seed + faults.findIndex((one) => one.name === name))
      const told: string[] = []
      let [acknowledged, refused, gaps, excused] = [0, 0, 0, 0]
      for (let run = 0; run < runs; run++) {
        const { ledger, publishers } = await world.run(async (one) => {
          const next = await happen({ world, server, disk: drive, random }, one)
          if (next instanceof PostgresServer) server = next
        })
        const wrong = ledger.judge(world.clients.map((client) => client.name))
        if (!loses && ledger.gaps > 0) wrong.push(`${ledger.gaps} gaps were told`)
        const untold = world.clients.filter((client) => !ledger.hasGap(client.name))
        if (loses === 'all') wrong.push(...untold.map((client) => `${client.name}: no gap was told`))
        told.push(...wrong.slice(0, 5).map((fault) => `run ${run}: ${fault}`))
        acknowledged += ledger.acknowledged.length
        refused += publishers.reduce((sum, publisher) => sum + publisher.refused, 0)
        gaps += ledger.gaps
        excused += ledger.excused
      }
      console.info(
        `${name}, ${runs} times by the seed ${seed}: ${acknowledged} acknowledged, ${refused} refused, ${gaps} gaps told, ${excused} deliveries missing for them`,
      )
      expect(told).toEqual([])
    },
    60_000 + runs * 30_000,
  )
})
