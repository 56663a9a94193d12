import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { between, createRandom, isLong, type Random, seed, until } from '@sse/testbed'
import { type Node, World } from '@sse/testbed/deliveries'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Kind } from './broker.ts'

const runs = isLong ? 20 : 1

interface Setting {
  readonly leader: Node
  readonly other: Node
  readonly path: string
  readonly random: Random
}

interface Fault {
  readonly name: string
  /** Whether a log in memory is lost with it. */
  readonly endsLeader: boolean
  happen(setting: Setting): Promise<void>
}

const faults: readonly Fault[] = [
  {
    name: 'a process that does not lead is killed',
    endsLeader: false,
    happen: ({ other }) => killed(other),
  },
  {
    name: 'the leader is killed',
    endsLeader: true,
    happen: ({ leader }) => killed(leader),
  },
  {
    name: 'all processes are killed',
    endsLeader: true,
    happen: async ({ leader, other }) => {
      await Promise.all([killed(leader), killed(other)])
    },
  },
  {
    name: 'the leader is paused for longer than the timeout',
    endsLeader: false,
    happen: ({ leader, random }) => paused(leader, between(random, 900, 2_000)),
  },
  {
    name: 'a process that does not lead is paused',
    endsLeader: false,
    happen: ({ other, random }) => paused(other, between(random, 900, 2_000)),
  },
  {
    name: 'the socket is deleted',
    endsLeader: true,
    happen: async ({ path, leader, other }) => {
      rmSync(path, { recursive: true, force: true })
      // The same process may lead again.
      const begun = () => timesOf(leader, 'now') + timesOf(other, 'now')
      const before = begun()
      await until(() => begun() > before, { timeout: 30_000 })
    },
  },
]

async function killed(node: Node): Promise<void> {
  await node.process.kill('SIGKILL')
  await node.restart()
}

async function paused({ process: { pid } }: Node, milliseconds: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  await delay(milliseconds)
  process.kill(pid, 'SIGCONT')
}

function timesOf({ process }: Node, what: 'now' | 'no more'): number {
  return process.output.split(`this process leads ${what}`).length - 1
}

function leads(node: Node): boolean {
  return timesOf(node, 'now') > timesOf(node, 'no more')
}

describe.each<Kind>(['memory', 'SQLite'])('a log on %s', (kind) => {
  const random = createRandom(seed)
  const directory = mkdtempSync(join(tmpdir(), 'sse-cluster-faults-'))
  const path = join(directory, 'socket')
  let world: World

  beforeAll(async () => {
    world = await World.start({
      broker: new URL('broker.ts', import.meta.url),
      // The processes need no server, so nothing connects to the proxy.
      port: 1,
      args: () => [path, kind, join(directory, 'log.db')],
    })
  }, 120_000)
  afterAll(async () => {
    // It is missing if it could not start.
    await world?.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  it.each(faults)(
    '$name: what is lost is told, and all else comes once',
    async ({ name, endsLeader, happen }) => {
      const loses = kind === 'memory' && endsLeader
      const told: string[] = []
      let [acknowledged, refused, excused] = [0, 0, 0]
      for (let run = 0; run < runs; run++) {
        const [one, two] = world.nodes as [Node, Node]
        await until(() => leads(one) !== leads(two))
        const [leader, other] = leads(one) ? [one, two] : [two, one]
        const { ledger, publishers } = await world.run(() => happen({ leader, other, path, random }))
        const wrong = ledger.judge(world.clients.map((client) => client.name))
        if (!loses && ledger.gaps > 0) wrong.push(`${ledger.gaps} gaps were told`)
        const untold = world.clients.filter((client) => !ledger.hasGap(client.name))
        if (loses) wrong.push(...untold.map((client) => `${client.name}: no gap was told`))
        told.push(...wrong.slice(0, 5).map((fault) => `run ${run}: ${fault}`))
        acknowledged += ledger.acknowledged.length
        refused += publishers.reduce((sum, publisher) => sum + publisher.refused, 0)
        excused += ledger.excused
      }
      console.info(
        `${kind}: ${name}, ${runs} times by the seed ${seed}: ${acknowledged} acknowledged, ${refused} refused, ${excused} deliveries missing for gaps`,
      )
      expect(told).toEqual([])
    },
    60_000 + runs * 30_000,
  )
})
