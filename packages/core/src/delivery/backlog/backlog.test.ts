import { describe, expect, it, vi } from 'vitest'
import { endOfTurn } from '../../end-of-turn.ts'
import { createHub } from '../../hub/hub.ts'
import type { Broker, Entry } from '../../log/broker.ts'
import { chain, ManualBroker } from '../../log/manual-broker.test-kit.ts'
import { createMemoryBroker } from '../../log/memory-broker.ts'
import { Window } from '../../log/window.ts'
import { wrapped } from '../../log/wrapped-broker.test-kit.ts'
import { opening } from '../../stream/opening.test-kit.ts'
import { RecordingTransport } from '../../stream/recording-transport.test-kit.ts'
import { Backlog } from './backlog.ts'

/** A transport that records that its stream has caught up. */
class Returning extends RecordingTransport {
  isCaughtUp = false

  caughtUp(): void {
    this.isCaughtUp = true
  }
}

/** A log of `events` events, each on the next of the channels, and a hub whose window has the last 100. */
async function longLog(events: number, channels: number, data = 'x') {
  const memory = createMemoryBroker({ entries: events })
  const reads: string[] = []
  const read: Broker['read'] = (after, options) => {
    reads.push(after)
    return memory.read(after, options)
  }
  const hub = createHub({ broker: wrapped(memory, { read }), window: { entries: 100 }, heartbeat: 0 })
  await hub.ready
  const origin = hub.position
  const published = await Promise.all(
    Array.from({ length: events }, (_, index) => hub.publish(`c${index % channels}`, `${index} ${data}`)),
  )
  const cursors = [origin, ...published.map(({ id }) => id)]
  const reconnect = (channel: string, lastEventId: string) => {
    const transport = new Returning()
    hub.stream(transport, { lastEventId }).subscribe(channel)
    return transport
  }
  return { hub, reads, cursors, reconnect }
}

const returned = (transports: readonly Returning[]) =>
  vi.waitFor(() => expect(transports.filter(({ isCaughtUp }) => !isCaughtUp)).toEqual([]), 60_000)
const numbers = (transport: RecordingTransport) =>
  transport.data('message').map((data) => Number(data.split(' ')[0]))

describe('readers that are behind the window', { timeout: 90_000 }, () => {
  it('share the pages of the log: 1,000 on as many channels read it once', async () => {
    const { hub, reads, cursors, reconnect } = await longLog(100_000, 1_000)
    const clients = Array.from({ length: 1_000 }, (_, channel) => reconnect(`c${channel}`, cursors[0]!))
    await returned(clients)
    for (const [channel, client] of clients.entries()) {
      expect(client.events('sse.gap')).toEqual([])
      expect(numbers(client)).toEqual(Array.from({ length: 100 }, (_, round) => round * 1_000 + channel))
    }
    expect(reads.length).toBeLessThan(1.5 * (100_000 / 1_024))
    await hub.close()
  })

  it('use the same pages when they come from different positions of a log that is larger than the cache', async () => {
    const [events, count] = [10_000, 200]
    const { hub, reads, cursors, reconnect } = await longLog(events, 10, 'x'.repeat(2_000))
    const one = reconnect('c0', cursors[0]!)
    await returned([one])
    const pages = reads.length
    const from = (index: number) => (index * 7_919) % (events - 200)
    const clients = Array.from({ length: count }, (_, index) => reconnect('c0', cursors[from(index)]!))
    await returned(clients)
    for (const [index, client] of clients.entries()) {
      const first = Math.ceil(from(index) / 10) * 10
      expect(numbers(client)).toEqual(Array.from({ length: (events - first) / 10 }, (_, n) => first + n * 10))
    }
    expect(reads.length - pages).toBeLessThan(5 * pages)
    await hub.close()
  })

  it('yield to the event loop between the readers of a page', async () => {
    let time = 0
    const window = new Window('e9', { entries: 1, bytes: 1 }, () => 0)
    const broker = wrapped(createMemoryBroker(), {
      read: async (after) => ({ entries: chain(after, 'e1'), done: false }),
    })
    const backlog = new Backlog({ broker, window, report: () => {}, clock: () => ++time })
    const told: string[] = []
    for (let index = 0; index < 50; index++) {
      const onAnswer = () => told.push('reader')
      backlog.add({ cursor: 'e0', client: undefined, onAnswer })
    }
    setImmediate(() => told.push('other'))
    await vi.waitFor(() => expect(told).toHaveLength(51))
    expect(told.indexOf('other')).toBeLessThan(25)
  })
})

/** A hub with its head at `e3`, whose window begins after `e0`. */
async function hubAtE3() {
  const broker = new ManualBroker(chain('e0', 'e1', 'e2', 'e3'))
  const signals: AbortSignal[] = []
  const errors: unknown[] = []
  const read: Broker['read'] = (after, { signal }) => {
    signals.push(signal)
    return broker.read(after)
  }
  const hub = createHub({
    broker: wrapped(broker, { read }),
    window: { entries: 3 },
    heartbeat: 0,
    onError: (error) => errors.push(error),
  })
  await hub.ready
  const reconnect = async (lastEventId: string) => {
    const transport = new RecordingTransport()
    hub.stream(transport, { lastEventId }).subscribe('a')
    await opening()
    // The reader waits for the end of another turn before it looks up its position.
    for (let turn = 0; turn < 2; turn++) await endOfTurn()
    return { transport, ids: () => transport.events('message').map(({ id }) => id) }
  }
  return { broker, reconnect, signals, errors }
}

describe('a page that readers share', () => {
  it('is read once for readers that ask in the same turn, and used by later readers too', async () => {
    const { broker, reconnect } = await hubAtE3()
    const [one, other] = await Promise.all([reconnect('p0'), reconnect('p0')])
    expect(broker.asked).toEqual(['p0'])
    await broker.answer({ entries: chain('p0', 'p1', 'p2', 'p3'), done: false })
    const late = await reconnect('p1')
    expect([one.ids(), other.ids(), late.ids()]).toEqual([
      ['p1', 'p2', 'p3'],
      ['p1', 'p2', 'p3'],
      ['p2', 'p3'],
    ])
    expect(broker.asked).toEqual(['p3'])
  })

  it('does not answer readers that asked later when it is empty, because newer entries may exist', async () => {
    const { broker, reconnect } = await hubAtE3()
    await reconnect('e4')
    const late = await reconnect('e4')
    await broker.answer({ entries: [], done: true })
    expect(broker.asked).toEqual(['e4'])
    await broker.answer({ entries: chain('e4', 'e5'), done: true })
    expect(late.ids()).toEqual(['e5'])
  })

  it('is dropped when a reader gets a fork', async () => {
    const { broker, reconnect } = await hubAtE3()
    const one = await reconnect('p0')
    await broker.answer({ entries: chain('p0', 'p1', 'p2'), done: false })
    await broker.answer({ gap: 'forked', resumeAt: 'p0' })
    await broker.answer({ gap: 'unknown', resumeAt: 'p1' })
    expect(broker.asked).toEqual(['p1'])
    await broker.answer({ entries: chain('p1', 'q2'), done: true })
    expect(one.ids()).toEqual(['p1', 'p2', 'q2'])
  })

  it('is dropped when the tail of the log breaks, and so is one that is being read', async () => {
    const { broker, reconnect } = await hubAtE3()
    await reconnect('p0')
    await broker.answer({ entries: chain('p0', 'p1', 'p2'), done: false })
    broker.receiver.discontinuity({ reason: 'forked', head: 'f0' })
    await broker.answer({ entries: chain('p2', 'p3', 'p4'), done: false })
    expect(broker.asked).toEqual(['p4'])
    await reconnect('p1')
    expect(broker.asked).toEqual(['p4', 'p1'])
    await broker.answer({ entries: [], done: true })
    await reconnect('p3')
    expect(broker.asked).toEqual(['p1', 'p3'])
  })

  it('is read by at most two reads at a time', async () => {
    const { broker, reconnect } = await hubAtE3()
    for (const cursor of ['p0', 'q0', 'r0']) await reconnect(cursor)
    expect(broker.asked).toEqual(['p0', 'q0'])
    await broker.answer({ gap: 'trimmed', resumeAt: 'e0' })
    expect(broker.asked).toEqual(['q0', 'r0'])
  })

  it('is no longer read when the last reader that waited for it has left', async () => {
    const { broker, reconnect, signals } = await hubAtE3()
    const [one, other] = await Promise.all([reconnect('p0'), reconnect('p0')])
    await broker.answer({ entries: chain('p0', 'p1'), done: false })
    expect(broker.asked).toEqual(['p1'])
    one.transport.leave()
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false])
    other.transport.leave()
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true])
    await Promise.all([reconnect('q0'), reconnect('r0')])
    expect(broker.asked).toEqual(['p1', 'q0', 'r0'])
  })

  it('that cannot be read is reported once for all readers that wait for it', async () => {
    const { broker, reconnect, errors } = await hubAtE3()
    await Promise.all([reconnect('p0'), reconnect('p0')])
    await broker.answer({ entries: chain('p0', 'p1'), done: false })
    const failure = new Error('not now')
    await broker.answer(failure)
    expect(errors).toEqual([failure])
    expect(broker.asked).toEqual([])
  })
})

describe('a client that makes the broker read a long log again and again', () => {
  const text = 'x'.repeat(1_048_576)
  const log: Entry[] = Array.from({ length: 400 }, (_, index) => ({
    id: `log-${index + 1}`,
    previous: `log-${index}`,
    channels: ['foreign'],
    data: text,
  }))

  async function replayed() {
    let reads = 0
    const last = { id: 'log-401', previous: 'log-400', channels: ['a'], data: 'newest' }
    const broker = wrapped(new ManualBroker([last]), {
      read: async (after, { limit }) => {
        reads++
        const first = Number(after.slice(4))
        return { entries: [...log, last].slice(first, first + limit), done: false }
      },
    })
    const hub = createHub({ broker, heartbeat: 0 })
    await hub.ready
    const reconnect = async (key: string | undefined) => {
      const transport = new Returning()
      hub.stream(transport, { key, lastEventId: 'log-0' }).subscribe('a')
      await returned([transport])
      const gaps = transport.data('sse.gap').map((data) => JSON.parse(data).reason)
      return { gaps, events: transport.data('message') }
    }
    return { reconnect, reads: () => reads }
  }

  const whole = { gaps: [], events: ['newest'] }
  const skipped = { gaps: ['trimmed'], events: ['newest'] }

  it('gets a gap and continues in the window, and other clients are served', async () => {
    const { reconnect, reads } = await replayed()
    expect(await reconnect('greedy')).toEqual(whole)
    expect(await reconnect('greedy')).toEqual(skipped)
    const before = reads()
    expect(await reconnect('greedy')).toEqual(skipped)
    expect(reads()).toBe(before)
    expect(await reconnect('other')).toEqual(whole)
    expect(await reconnect(undefined)).toEqual(whole)
  })
})
