import { setTimeout as delay } from 'node:timers/promises'
import { between, pick, type Random, seed } from '../random.ts'
import type { Ledger } from './ledger.ts'
import type { Run, World } from './world.ts'

export interface RepeatedFault {
  readonly name: string
  readonly world: World
  readonly runs: number
  /** Whether the log loses entries, so that clients may receive gaps; or all entries, so that each client must receive one. */
  readonly loses: boolean | 'all'
  happen(run: Run): Promise<unknown>
}

/** Lets a fault happen again and again, and writes the figures to the console. @returns what must not have happened, as sentences */
export async function repeatFault({ name, world, runs, loses, happen }: RepeatedFault): Promise<string[]> {
  const told: string[] = []
  let [acknowledged, refused, gaps, excused] = [0, 0, 0, 0]
  for (let run = 0; run < runs; run++) {
    const { ledger, publishers } = await world.run(async (one) => void (await happen(one)))
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
  return told
}

/** The title of the test of a fault. */
export function promiseOf(loses: RepeatedFault['loses']): string {
  return loses
    ? 'what was lost is told, and all else comes once'
    : 'nothing is lost or repeated, and no gap is told'
}

/** Kills one of the servers, which restarts. */
export async function killServer(world: World, random: Random): Promise<void> {
  const node = pick(random, world.nodes)
  await delay(between(random, 0, 200))
  await node.process.kill('SIGKILL')
  await delay(between(random, 0, 300))
  await node.restart()
}

/** Lets the network between the log and one of the servers, or both, hang for at most `longest` milliseconds. Neither side notices. */
export async function freezeNetwork(world: World, random: Random, longest: number): Promise<void> {
  const cut = random() < 0.3 ? world.nodes : [pick(random, world.nodes)]
  await delay(between(random, 0, 200))
  for (const { proxy } of cut) proxy.freeze()
  await delay(between(random, 100, longest))
  for (const { proxy } of cut) proxy.mend()
}

/** Publishes 3,000 events, more than the log keeps, while one of the servers may hang. */
export async function publishStorm(world: World, random: Random, ledger: Ledger): Promise<void> {
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
}
