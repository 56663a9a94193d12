import { afterEach, describe, expect, it, vi } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { createMemoryLog } from '../log/memory-broker.ts'
import { opening } from '../stream/opening.test-kit.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'
import { createHub } from './hub.ts'

/** Two processes of one log. The first one has the stream, which follows only `news`. */
async function twoHubs() {
  const log = createMemoryLog()
  const [holder, other] = [createHub({ broker: log.connect() }), createHub({ broker: log.connect() })]
  await Promise.all([holder.ready, other.ready])
  const transport = new RecordingTransport()
  const stream = holder.stream(transport, { key: 'ada' }).subscribe('news')
  await opening()
  const pings = () => transport.events('sse.ping').map(({ id }) => id)
  return { holder, other, transport, stream, pings }
}

/** The id of the event after this one. */
const after = (id: string) => id.replace(/\d+$/, (number) => String(Number(number) + 1))

describe.each(['holder', 'other'] as const)('hub.reached, asked of the %s', (asked) => {
  afterEach(() => vi.useRealTimers())

  it('pings a stream that has passed the position, although its channels were quiet', async () => {
    const hubs = await twoHubs()
    const { id } = await hubs.other.publish('elsewhere', 'written')
    expect(await hubs[asked].reached(hubs.stream.id, { key: 'ada', id })).toBe(true)
    await vi.waitUntil(() => hubs.pings().length === 1)
    expect(hubs.pings()).toEqual([id])
  })

  it('pings once, when the stream passes the position', async () => {
    const hubs = await twoHubs()
    const { id } = await hubs.holder.publish('elsewhere', 1)
    const next = after(id)
    for (let count = 0; count < 3; count++)
      expect(await hubs[asked].reached(hubs.stream.id, { key: 'ada', id: next })).toBe(true)
    await endOfTurn()
    expect(hubs.pings()).toEqual([])
    expect((await hubs.other.publish('elsewhere', 2)).id).toBe(next)
    await vi.waitUntil(() => hubs.pings().length === 1)
    await hubs.other.publish('elsewhere', 3)
    await endOfTurn()
    expect(hubs.pings()).toEqual([next])
  })

  it('pings after the events that the stream follows', async () => {
    const hubs = await twoHubs()
    await hubs.holder.publish('news', 'first')
    const { id } = await hubs.holder.publish('elsewhere', 'written')
    await hubs[asked].reached(hubs.stream.id, { key: 'ada', id })
    await vi.waitUntil(() => hubs.pings().length === 1)
    const names = hubs.transport.events().map(({ event }) => event)
    expect(names.slice(-2)).toEqual(['message', 'sse.ping'])
  })

  it('pings for a position that cannot be compared, so that the client knows', async () => {
    const hubs = await twoHubs()
    await hubs[asked].reached(hubs.stream.id, { key: 'ada', id: 'another-1' })
    await vi.waitUntil(() => hubs.pings().length === 1)
    expect(hubs.pings()).toEqual([hubs.holder.position])
  })

  it('waits until a slow client has taken what comes before', async () => {
    const hubs = await twoHubs()
    const { id } = await hubs.holder.publish('elsewhere', 'written')
    hubs.transport.fill()
    await hubs.holder.publish('news', 'large')
    await endOfTurn()
    await hubs[asked].reached(hubs.stream.id, { key: 'ada', id })
    await endOfTurn()
    expect(hubs.pings()).toEqual([])
    hubs.transport.drain()
    await vi.waitUntil(() => hubs.pings().length === 1)
  })

  it('knows only the open streams of the key', async () => {
    const hubs = await twoHubs()
    const { id } = await hubs.other.publish('elsewhere', 'written')
    expect(await hubs[asked].reached(hubs.stream.id, { key: 'eve', id })).toBe(false)
    expect(await hubs[asked].reached('nonsense', { key: 'ada', id })).toBe(false)
    hubs.stream.close()
    expect(await hubs[asked].reached(hubs.stream.id, { key: 'ada', id })).toBe(false)
    expect(hubs.pings()).toEqual([])
  })
})

it('streams that have ended leave room for others to wait', async () => {
  const hub = createHub()
  await hub.ready
  const { id } = await hub.publish('elsewhere', 1)
  const open = async (count: number) => {
    const transports = Array.from({ length: count }, () => new RecordingTransport())
    const streams = transports.map((transport) => hub.stream(transport).subscribe('news'))
    await opening()
    await Promise.all(streams.map((stream) => hub.reached(stream.id, { key: undefined, id: after(id) })))
    return transports
  }
  for (const transport of await open(10_000)) transport.leave()
  const [transport] = await open(1)
  await hub.publish('elsewhere', 2)
  await endOfTurn()
  expect(transport!.events('sse.ping').map((ping) => ping.id)).toEqual([after(id)])
})
