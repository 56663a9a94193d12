import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Broker, createHub, type Hub, SseError } from '@sse/core'
import { between, createRandom, type Random } from '../random.ts'
import { until } from '../until.ts'
import { compare, ModelClient, type WireFlaw } from './model-client.ts'
import { hasRecords } from './record-page.ts'
import { TrueLog } from './true-log.ts'

export interface ChannelModel {
  /** Connects a process to the log of this run, which is empty. */
  readonly connect: () => Broker
  readonly processes: number
  readonly steps: number
  /** It repeats the steps of a run. */
  readonly seed: number
  /** What goes wrong on the way to a page, for each of its connections. */
  readonly flaw?: (() => WireFlaw) | undefined
}

/** The limits of the records in the log of a run: some are refused, and some are removed because of their age. */
export const recordLimits = { bytes: 300_000, age: 500 }

const channels = ['records', 'records:2', 'plain', 'room']
/** Steps after which everything is given time to arrive, and is compared. */
const stepsPerCheck = 50

/**
 * Publishes events, records and ends, and lets clients come, go, change their channels, stop reading and return with any cursor. Then every page
 * must show the records and the members that there are, and must have every other event of its channels once.
 *
 * @throws Error (rejected) with the first difference, and the seed
 */
export async function playChannels({ connect, processes, steps, seed, flaw }: ChannelModel): Promise<void> {
  const random = createRandom(seed)
  const log = new TrueLog()
  const breaches: string[] = []
  const hubs: Hub[] = []
  for (let process = 0; process < processes; process++) {
    const hub = createHub({
      broker: process === 0 ? log.observe(connect()) : connect(),
      window: { entries: 30 },
      heartbeat: 100,
      channel: (name) => ({ records: hasRecords(name), presence: name === 'room' }),
      onError: (error) => breaches.push(String(error)),
    })
    await hub.ready
    hubs.push(hub)
  }
  const clients = Array.from(
    { length: 6 },
    (_, number) => new ModelClient(log, `user ${number % 4}`, (why) => breaches.push(why), flaw),
  )
  try {
    for (let step = 1; step <= steps; step++) {
      await take(random, { hubs, clients, log, step })
      for (const client of clients) client.look()
      if (breaches.length === 0 && step % stepsPerCheck === 0) await check(hubs, clients, breaches)
      if (breaches.length > 0) throw new Error(`step ${step}, seed ${seed}: ${breaches[0]}`)
    }
  } finally {
    await Promise.all(hubs.map((hub) => hub.close()))
  }
}

interface World {
  readonly hubs: readonly Hub[]
  readonly clients: readonly ModelClient[]
  readonly log: TrueLog
  readonly step: number
}

async function take(random: Random, { hubs, clients, log, step }: World): Promise<void> {
  const oneOf = <T>(all: readonly T[]): T => all[between(random, 0, all.length - 1)]!
  const someOf = <T>(all: readonly T[]): T[] => {
    const some = all.filter(() => random() < 0.5)
    return some.length > 0 ? some : [oneOf(all)]
  }
  const hub = oneOf(hubs)
  const client = oneOf(clients)
  // Two large events are more than a reader writes at a time.
  const data = `${step}`.padEnd(random() < 0.2 ? 40_000 : 1, '.')
  const record = oneOf(['a', 'b', 'c', 'd'])
  const published = async (publishing: Promise<{ id: string }>): Promise<void> => {
    try {
      const { id } = await publishing
      await until(() => log.place(id) !== undefined)
    } catch (error) {
      if (!(error instanceof SseError) || error.code !== 'too-many-records') throw error
    }
  }
  const actions: readonly (readonly [weight: number, act: () => unknown])[] = [
    [4, () => published(hub.publish(someOf(channels), data))],
    [6, () => published(hub.publish(someOf(channels.filter(hasRecords)), data, { record }))],
    [2, () => published(hub.remove(oneOf(channels.filter(hasRecords)), record))],
    [0.5, () => published(hub.end(oneOf(channels)))],
    [1, () => hub.publish(oneOf(channels), data, { volatile: true })],
    [
      3,
      () => {
        client.connect({
          hub,
          channels: someOf(channels),
          page: oneOf(['new', 'new with cursor', 'same', 'same']),
          rewind: oneOf([0, 0, 2, 40]),
        })
        if (random() < 0.3) client.fill()
      },
    ],
    [1, () => client.leave()],
    [1, () => client.join(oneOf(channels))],
    [1, () => client.part(oneOf(channels))],
    [2, () => client.fill()],
    [3, () => client.drain()],
    [3, () => nextTurn()],
  ]
  let at = random() * actions.reduce((sum, [weight]) => sum + weight, 0)
  for (const [weight, act] of actions) {
    at -= weight
    if (at < 0) return void (await act())
  }
}

/** Waits until everything has arrived, and compares. A difference that stays is an error. */
async function check(
  hubs: readonly Hub[],
  clients: readonly ModelClient[],
  breaches: string[],
): Promise<void> {
  try {
    await until(async () => {
      for (const client of clients) {
        client.drain()
        client.look()
      }
      const members = new Map<string, number>()
      for (const { key, channels } of clients)
        if (channels.has('room')) members.set(key, (members.get(key) ?? 0) + 1)
      for (const hub of hubs) {
        const present = (await hub.presence('room')).filter(({ streams }) => streams > 0)
        const streams = present.map(({ info, streams }) => [info as string, streams] as const)
        compare(new Map(streams), members, 'hub.presence')
      }
      for (const client of clients) client.check(members)
      return true
    })
  } catch (error) {
    breaches.push(String(error))
  }
}
