import { Breach } from '@sse/testbed/ledger'
import fc, { type Scheduler } from 'fast-check'
import { expect, it } from 'vitest'
import { endOfTurn } from '../../src/end-of-turn.ts'
import { befall, eventsToRecover, inOrder, settle } from './play.ts'
import { RecordClient } from './record-client.ts'
import { type Change, type RecordScript, recordScript } from './record-script.ts'
import { createWorld, type World } from './world.ts'

/** How many interleavings are played; `SSE_RUNS` for more. */
const numRuns = Number(process.env['SSE_RUNS'] ?? 1_000)

/** `SSE_SEED=-492316430` plays the same ones again, `SSE_SEED=-492316430:319` begins with one of them: a failure prints both. */
const [seed, ...path] = process.env['SSE_SEED']?.split(':') ?? []
const replay = { ...(seed && { seed: Number(seed) }), ...(path.length > 0 && { path: path.join(':') }) }

async function play(script: RecordScript, scheduler: Scheduler, met: Set<string>): Promise<void> {
  const world = createWorld(script, scheduler, (situation) => met.add(situation))
  const clients = script.clients.map(() => new RecordClient(world))
  let value = 0
  inOrder(world, 'change', script.changes, (change) => apply(world, change, `${++value}`))
  script.clients.forEach((steps, index) => {
    inOrder(world, `client ${index}`, steps, (step) => clients[index]!.take(step))
  })
  inOrder(world, 'mishap', script.mishaps, (mishap) => befall(world, mishap))
  inOrder(world, 'turn', Array(script.turns).fill('ends'), endOfTurn)
  await settle(scheduler)
  for (const { broker } of world.servers) broker.heal()
  for (const client of clients) client.drain()
  await settle(scheduler)
  for (let event = 0; event < eventsToRecover(script.mishaps); event++) {
    world.log.append(['last'], { data: 'x' })
    await settle(scheduler)
  }
  // The first heartbeat repeats a read that failed, the second one tells the position.
  for (let beat = 0; beat < 2; beat++) {
    for (const client of clients) client.beat()
    await settle(scheduler)
  }
  for (const client of clients) client.conclude()
  const closing = world.servers.map(({ hub }) => hub.close())
  await settle(scheduler)
  await Promise.all(closing)
  if (world.breaches[0]) throw world.breaches[0]
}

function apply({ servers }: World, change: Change, value: string): void {
  const { hub } = servers[change.server % servers.length]!
  if (change.do === 'remove') void hub.remove(change.channel, change.record)
  else if (change.do === 'end') void hub.end(change.channel)
  else {
    const record = change.do === 'set' ? change.record : undefined
    void hub.publish(change.channels, value.padEnd(change.size, '.'), { record })
  }
}

it(`in ${numRuns} interleavings every page shows the records of the log, and is given all events that are no records`, async () => {
  const met = new Set<string>()
  const property = fc.asyncProperty(recordScript, fc.scheduler(), (script, scheduler) =>
    play(script, scheduler, met),
  )
  const details = await fc.check(property, { numRuns, ...replay })
  if (details.failed) {
    const { errorInstance: error } = details
    const why = error instanceof Breach ? error.message : String(error)
    expect.fail(`${why}\n${await fc.asyncDefaultReportMessage(details)}`)
  }
  for (const situation of [
    'a gap: trimmed',
    'a gap: forked',
    'a read that fails',
    'a stream that ends: ended',
  ])
    expect(met).toContain(situation)
}, 300_000)
