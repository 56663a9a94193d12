import { compare } from '@sse/testbed/channels'
import { room } from './asks.ts'
import { clock } from './clock.ts'
import { RecordLedger } from './record-ledger.ts'
import { perKey } from './server.ts'
import { settled } from './step.ts'
import type { World } from './world.ts'

/** The end of a run: everything works again, and every stream is where it has to be. Then everybody leaves, and nothing is left. */
export async function conclude(world: World): Promise<void> {
  await recover(world)
  const head = world.log.standing(world.log.head)
  for (const client of world.clients) {
    const { ledger, stream } = client
    if (!client.isOpen || !stream || stream.closed || client.asks.kind === 'poll') continue
    if (!ledger.opened || ledger.claim !== head)
      world.breach('nothing stuck', `the log stands at ${head}, and not ${client}`)
    if (client.mustHaveEnded) world.breach('nothing stuck', `all of its channels have ended: ${client}`)
  }
  if (world.unsettled > 0) world.breach('nothing stuck', `${world.unsettled} calls are not answered`)

  await compareMembers(world)
  await leave(world)
  // A member stays for some seconds after its last stream.
  if (world.clients.some(({ asks }) => asks.page)) await clock.pass(6_000)
  for (const { hub } of world.running) {
    const { streams, channels } = hub.stats()
    if (streams + channels > 0) world.breach('I6', `${streams} streams on ${channels} channels are left`)
  }
  await countTimers(world, world.running.length)
  await fillUp(world)

  for (const address of world.running.keys()) void world.at(address).close(0)
  await settled(world)
  await countTimers(world, 0)
  await settled(world)
}

/** Within a lease every list is the truth. What was lost on the way is told again. */
async function compareMembers(world: World): Promise<void> {
  const open = world.clients.filter(
    ({ stream, isOpen, asks }) => isOpen && stream?.closed === false && asks.kind === 'stream',
  )
  const truth = new Map<string, number>()
  for (const { stream, key } of open)
    if (key !== undefined && stream!.channels.has(room)) truth.set(key, (truth.get(key) ?? 0) + 1)
  for (let seconds = 0; ; seconds++) {
    try {
      for (const { hub } of world.running) {
        const members = (await hub.presence(room)).filter(({ streams }) => streams > 0)
        compare(new Map(members.map(({ info, streams }) => [String(info), streams])), truth, 'hub.presence')
      }
      for (const { ledger, stream } of open)
        if (ledger instanceof RecordLedger) ledger.check(stream!.channels.has(room) ? truth : undefined)
      return
    } catch (error) {
      if (seconds === 30) return world.breach('nothing stuck', String(error))
      await clock.pass(1_000)
      await settled(world)
    }
  }
}

async function recover(world: World): Promise<void> {
  for (const { broker } of world.running) {
    broker.holdsReads = false
    broker.losesAck = false
  }
  while (world.holds.count > 0) {
    world.holds.release(0, true)
    await world.settle()
  }
  for (const { broker } of world.running) broker.up()
  for (const client of world.clients) client.drain()
  await settled(world)
  // A start that has failed often is tried again after ten seconds at the latest.
  if (world.running.some(({ isReady }) => !isReady)) await clock.pass(10_000)
  await clock.pass(8_000)
  await settled(world)
}

async function leave(world: World): Promise<void> {
  world.requests.forEach((request, number) => {
    request.leave(number % 2 === 0)
  })
  await settled(world)
}

/**
 * A hub that shares its log says once a second that it lives; nothing else may be left. On a busy machine the last response may end hundreds
 * of turns later, when the system tells of its socket. The clock stands still meanwhile, so a timer that nobody ends is found.
 */
async function countTimers(world: World, expected: number): Promise<void> {
  for (let attempt = 0; clock.timers !== expected && attempt < 2_000; attempt++) await settled(world)
  if (clock.timers !== expected) world.breach('I6', `${clock.timers} timers run instead of ${expected}`)
}

/** What is over is not counted against anybody: a key has all its streams again. */
async function fillUp(world: World): Promise<void> {
  // A stream of a channel that has ended is over at once.
  world.publish(world.at(0), ['a'], 10)
  await settled(world)
  const before = world.clients.length
  for (let stream = 0; stream < perKey; stream++) world.ask(0, plain)
  await settled(world)
  const answers = world.clients.slice(before).map(({ status }) => status)
  if (answers.some((status) => status !== 200)) world.breach('I6', `of ${perKey} streams: ${answers}`)
  await leave(world)
}

const plain = {
  kind: 'stream',
  key: 'ada',
  channels: ['a'],
  named: [],
  cursor: undefined,
  verdicts: 'now',
  looksUp: false,
  greets: false,
  expires: undefined,
  problems: false,
  wait: 0,
  rewind: 0,
  page: undefined,
} as const
