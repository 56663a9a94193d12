import type { Server } from 'node:http'
import { openStream, type TestEvent, type TestStream } from '@sse/core/testing'
import { type Broker, createHub, createMemoryLog, type Hub, sse } from '@sse/express'
import express from 'express'
import { expect, onTestFinished } from 'vitest'
import { listening } from './listening.ts'
import { between, createRandom, type Random, seed } from './random.ts'
import { until } from './until.ts'

const channels = ['room', 'other', 'prices']

/** One client of the script: what it was told over all its streams, without ids. */
interface Client {
  readonly told: string[]
  readonly channels: readonly string[]
  stream: TestStream | undefined
  lastEventId: string | undefined
}

/**
 * Plays one script on these brokers of one log, and on a log in memory. Every client must be told the same events in the same order, ids aside. The
 * seed decides the script: publishes, records, ends, and clients that leave, and return with their cursor or without.
 */
export async function playsLikeMemory(brokers: readonly Broker[], steps = 60): Promise<void> {
  const memory = createMemoryLog()
  const expected = await play(
    brokers.map(() => memory.connect()),
    steps,
  )
  const actual = await play(brokers, steps)
  expect(expected.flat().length).toBeGreaterThan(steps)
  expect(actual, `SSE_SEED=${seed}`).toEqual(expected)
}

async function play(brokers: readonly Broker[], steps: number): Promise<readonly (readonly string[])[]> {
  const random = createRandom(seed)
  const hubs = await Promise.all(brokers.map(start))
  const pick = () => hubs[between(random, 0, hubs.length - 1)]!
  const clients: Client[] = Array.from({ length: 4 }, (_, index) => ({
    told: [],
    channels: channels.filter((_, bit) => ((index + 1) >> bit) & 1),
    stream: undefined,
    lastEventId: undefined,
  }))
  for (let step = 1; step <= steps; step++) {
    await change(random, step, pick().hub, clients, () => pick().server)
    const mark = `mark ${step}`
    const { id } = await pick().hub.publish('all', mark, { event: 'mark' })
    // Everybody reads up to the mark, so the next step finds all of them, and all processes, at one place.
    await Promise.all(clients.map((client) => readTo(client, mark)))
    await until(() => hubs.every(({ hub }) => hub.position === id))
  }
  for (const { stream } of clients) await stream?.close()
  return clients.map(({ told }) => told)
}

async function change(
  random: Random,
  step: number,
  hub: Hub,
  clients: readonly Client[],
  server: () => Server,
): Promise<void> {
  const record = `r${between(random, 1, 4)}`
  const channel = channels[between(random, 0, 1)]!
  const kind = between(random, 0, 9)
  if (kind < 3) await hub.publish(channel, { step }, { event: 'item' })
  else if (kind === 3) {
    const many = Array.from({ length: between(random, 2, 40) }, (_, n) =>
      hub.publish([channel, 'prices'], { step, n }),
    )
    await Promise.all(many)
  } else if (kind < 6) await hub.publish('prices', { step }, { event: 'price', record })
  else if (kind === 6) await hub.remove('prices', record)
  else if (kind === 7) await hub.end(channel, { reason: 'over' })
  else {
    const client = clients[between(random, 0, clients.length - 1)]!
    if (client.stream) {
      client.lastEventId = client.stream.lastEventId
      await client.stream.close()
      client.stream = undefined
    } else {
      const isNew = random() < 0.3
      client.stream = await openStream(server(), '/', {
        channels: client.channels,
        lastEventId: isNew ? undefined : client.lastEventId,
      })
      client.told.push(isNew ? 'new' : 'returns')
      await readOpening(client)
    }
  }
}

/** Records are read from the log while the stream is live already: what is published meanwhile may come before them, or after. */
async function readOpening({ channels, stream, told }: Client): Promise<void> {
  const open = await stream!.next()
  told.push(textOf(open))
  const { resumed } = JSON.parse(open.data)
  for (let isThere = resumed === true || !channels.includes('prices'); !isThere; ) {
    const event = await stream!.next()
    told.push(textOf(event))
    isThere = event.event === 'sse.records' && JSON.parse(event.data).done === true
  }
}

async function readTo({ stream, told }: Client, mark: string): Promise<void> {
  for (let isThere = !stream; !isThere; ) {
    const event = await stream!.next()
    if (event.event !== 'sse.ping') told.push(textOf(event))
    isThere = event.data === mark
  }
}

/** Without what is another one for each stream. */
function textOf({ event, data }: TestEvent): string {
  return `${event} ${data.replace(/"stream":"[^"]*"/, '"stream":""')}`
}

async function start(broker: Broker): Promise<{ hub: Hub; server: Server }> {
  const hub = createHub({ broker, heartbeat: 0, channel: (name) => ({ records: name === 'prices' }) })
  onTestFinished(() => hub.close())
  await hub.ready
  const app = express()
  app.use(sse({ hub, authorize: () => true }))
  app.get('/', (_, res) => void res.sse.subscribe('all'))
  const { server } = await listening(app)
  return { hub, server }
}
