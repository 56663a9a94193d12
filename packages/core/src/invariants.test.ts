import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endOfTurn } from './end-of-turn.ts'
import type { Hub } from './hub/hub.ts'
import { createHub } from './hub/log-hub.ts'
import { createMemoryBroker } from './log/memory-broker.ts'
import { RecordingTransport } from './stream/recording-transport.test-kit.ts'
import type { SseStream } from './stream/sse-stream.ts'
import type { Stream } from './stream/stream.ts'

/** What one connection did and saw. */
interface Connection {
  readonly stream: SseStream
  readonly transport: RecordingTransport
  /** The channels that it was on from its opening to its end. */
  readonly kept: Set<string>
  /** The position that it came with, or the head when it subscribed. */
  readonly cursor: string
}

const channel = fc.constantFrom('a', 'b', 'c')
const channels = fc.uniqueArray(channel, { minLength: 1, maxLength: 3 })
const client = fc.nat(2)
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('publish' as const), channels }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('connect' as const), client, channels, cursor: fc.nat(30) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), client }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('subscribe' as const, 'unsubscribe' as const),
      client,
      channel,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('fill' as const, 'drain' as const, 'send' as const), client }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('beat' as const), client }) },
)

type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

/** Plays the actions; answers the log's ids in order with their channels, and all connections there were. */
async function play(hub: Hub, actions: readonly Action[]) {
  await hub.ready
  const log: { id: string; channels: readonly string[] }[] = [{ id: hub.position, channels: [] }]
  const connections: Connection[] = []
  const current: (Connection | undefined)[] = []
  const pending: Promise<unknown>[] = []

  for (const step of actions) {
    const connection = 'client' in step ? current[step.client] : undefined
    if (step.do === 'publish') {
      pending.push(
        hub.publish(step.channels, 'x').then(({ id }) => log.push({ id, channels: step.channels })),
      )
    } else if (step.do === 'turn') {
      await endOfTurn()
    } else if (step.do === 'connect') {
      connection?.transport.leave()
      const fresh = step.cursor >= log.length
      const cursor = fresh ? hub.position : log[step.cursor]!.id
      const transport = new RecordingTransport()
      const stream = hub.stream(transport, fresh ? {} : { lastEventId: cursor }).subscribe(step.channels)
      current[step.client] = { stream, transport, kept: new Set(step.channels), cursor }
      connections.push(current[step.client]!)
    } else if (step.do === 'leave') connection?.transport.leave()
    else if (step.do === 'subscribe') connection?.stream.subscribe(step.channel)
    else if (step.do === 'unsubscribe') {
      connection?.stream.unsubscribe(step.channel)
      connection?.kept.delete(step.channel)
    } else if (step.do === 'fill') connection?.transport.fill()
    else if (step.do === 'drain') connection?.transport.drain()
    else if (step.do === 'send') connection?.stream.send('beside', { event: 'beside' })
    else if (connection && !connection.stream.closed) (connection.stream as Stream).beat()
  }

  await Promise.all(pending)
  for (let turn = 0; turn < 4; turn++) {
    for (const connection of current) connection?.transport.drain()
    await endOfTurn()
  }
  return { log, connections }
}

const placesIn = (log: readonly { id: string }[]) => new Map(log.map(({ id }, index) => [id, index]))

/** The ids of what came from the log, in the order in which it came, and where each gap let delivery go on. */
function delivered({ transport }: Connection) {
  return transport.events().filter(({ event }) => event === 'message')
}

const kinds = [
  ['inside the window', () => createHub({ heartbeat: 0 })],
  ['with a window of three and no log behind it', () => createHub({ heartbeat: 0, window: { entries: 3 } })],
  [
    'with a window of three before a log of eight',
    () => createHub({ heartbeat: 0, window: { entries: 3 }, broker: createMemoryBroker({ entries: 8 }) }),
  ],
] as const

describe.each(kinds)('any interleaving %s', (_, makeHub) => {
  async function holds(
    check: (connection: Connection, log: { id: string; channels: readonly string[] }[]) => void,
  ) {
    const actions = fc.array(action, { maxLength: 60, size: 'max' })
    await fc.assert(
      fc.asyncProperty(actions, async (steps) => {
        const { log, connections } = await play(makeHub(), steps)
        for (const connection of connections) check(connection, log)
      }),
      { numRuns: 300 },
    )
  }

  it('I1 and I3: the ids on one stream follow log order, none twice', () =>
    holds((connection, log) => {
      const places = placesIn(log)
      const order = delivered(connection).map(({ id }) => places.get(id)!)
      expect(order).toEqual([...new Set(order)].sort((one, other) => one - other))
    }))

  it('I2: every event on its channels after its cursor is delivered, or a gap is told before anything newer', () =>
    holds((connection, log) => {
      if (connection.stream.closed) return
      const places = placesIn(log)
      const gaps = connection.transport.events('sse.gap').map(({ id }) => places.get(id)!)
      const seen = new Set(delivered(connection).map(({ id }) => id))
      const start = places.get(connection.cursor)!
      log.forEach(({ id, channels: own }, place) => {
        if (place <= start || !own.some((name) => connection.kept.has(name)) || seen.has(id)) return
        expect(
          gaps.some((resumeAt) => place <= resumeAt),
          `${id} was neither delivered nor told as a gap`,
        ).toBe(true)
      })
    }))

  it('I4: a heartbeat is never behind an event already sent nor ahead of the log', () =>
    holds((connection, log) => {
      const places = placesIn(log)
      let last = 0
      for (const { event, id } of connection.transport.events()) {
        if (event === 'message') last = places.get(id)!
        if (event !== 'sse.ping') continue
        expect(places.get(id)).toBeGreaterThanOrEqual(last)
        last = places.get(id)!
      }
    }))
})
