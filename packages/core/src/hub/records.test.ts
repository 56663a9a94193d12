import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { createMemoryBroker, createMemoryLog } from '../log/memory-broker.ts'
import { wrapped } from '../log/wrapped-broker.test-kit.ts'
import { KeptAnswer } from '../response/kept-answer.test-kit.ts'
import { createPoll } from '../response/poll.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'
import type { StreamOptions, SubscribeOptions } from '../stream/sse-stream.ts'
import { createHub } from './hub.ts'
import type { Hub, HubOptions } from './types.ts'

const channel = (name: string) => ({ records: name.startsWith('prices') })

function hubWithRecords(options: HubOptions = {}): Hub {
  return createHub({ channel, random: () => 0.5, ...options })
}

async function turns(count = 6): Promise<void> {
  for (let turn = 0; turn < count; turn++) await endOfTurn()
}

async function open(
  hub: Hub,
  channels: string | string[],
  options: StreamOptions = {},
  subscribe: SubscribeOptions = {},
) {
  const transport = new RecordingTransport()
  const stream = hub.stream(transport, options).subscribe(channels, subscribe)
  await turns()
  return { stream, transport }
}

/** What the stream was told, in short: names of control events, data of the others, and `#` where there is an id. */
function told(transport: RecordingTransport): string[] {
  let last = ''
  return transport.events().map(({ event, data, id }) => {
    const mark = id !== last ? '#' : ''
    last = id
    if (event === 'message') return data + mark
    return (event === 'sse.records' && JSON.parse(data).done ? 'done' : event) + mark
  })
}

async function publishPrices(hub: Hub, ...prices: [record: string, price: string][]): Promise<void> {
  for (const [record, price] of prices) await hub.publish('prices', `${record} ${price}`, { record })
}

/** A hub with one record, which it does not read before `held` is resolved. */
async function hubThatHoldsRecords() {
  const inner = createMemoryBroker()
  const held = Promise.withResolvers<void>()
  const broker = wrapped(inner, {
    records: async (channels) => {
      if (channels.includes('prices')) await held.promise
      return inner.records!(channels)
    },
  })
  const hub = hubWithRecords({ broker })
  await publishPrices(hub, ['a', '1'])
  return { hub, held }
}

describe('records', () => {
  it('are given to a client without a cursor, with no id before they are complete', async () => {
    const hub = hubWithRecords()
    await publishPrices(hub, ['a', '1'], ['b', '1'], ['a', '2'])
    const { transport } = await open(hub, 'prices')
    expect(told(transport)).toEqual(['sse.open', 'sse.records', 'b 1', 'a 2', 'done#'])
    expect(transport.events().at(-1)).toMatchObject({ id: hub.position })
    expect(transport.data('sse.records')).toEqual([
      '{"channels":["prices"]}',
      '{"channels":["prices"],"done":true}',
    ])

    await hub.publish('prices', 'a 3', { record: 'a' })
    expect(told(transport).at(-1)).toBe('a 3#')
  })

  it('are not given again to a client with a cursor', async () => {
    const hub = hubWithRecords()
    await publishPrices(hub, ['a', '1'], ['b', '1'])
    const cursor = hub.position
    await publishPrices(hub, ['b', '2'])
    const { transport } = await open(hub, 'prices', { lastEventId: cursor })
    expect(told(transport)).toEqual(['sse.open#', 'b 2#'])
  })

  it('are given to a client that says that it lacks them, after what it missed on other channels', async () => {
    const hub = hubWithRecords()
    await publishPrices(hub, ['a', '1'])
    const cursor = hub.position
    await hub.publish('news', 'missed')
    const records = { lacks: () => true }
    const { transport } = await open(hub, ['prices', 'news'], { lastEventId: cursor, records })
    expect(told(transport)).toEqual(['sse.open#', 'missed#', 'sse.records', 'sse.record', 'a 1', 'done'])
  })

  it('are given at a join, and from then on the channel is live', async () => {
    const hub = hubWithRecords()
    await publishPrices(hub, ['a', '1'])
    const { stream, transport } = await open(hub, 'news')
    stream.subscribe('prices')
    await turns()
    expect(told(transport).slice(1)).toEqual(
      ['sse.records', 'a 1', 'done#'].map((one) => one.replace('#', '')),
    )
    await publishPrices(hub, ['a', '2'])
    await hub.publish('news', 'n')
    expect(told(transport).slice(-2)).toEqual(['a 2#', 'n#'])
    // To join again is not to join.
    stream.subscribe('prices')
    await turns()
    expect(transport.data('sse.records')).toHaveLength(2)
  })

  it('are named for the clients that ask for it', async () => {
    const hub = hubWithRecords()
    await publishPrices(hub, ['a', '1'])
    const { transport } = await open(hub, 'prices', { records: { lacks: () => false } })
    await publishPrices(hub, ['b', '1'])
    await hub.remove('prices', 'b')
    expect(transport.data('sse.record').map((data) => JSON.parse(data))).toEqual([
      { channels: ['prices'], record: 'a' },
      { id: expect.any(String), channels: ['prices'], record: 'b' },
    ])
    expect(transport.data('sse.removed')).toEqual(['{"channel":"prices","record":"b"}'])
  })

  it('are gone when they are removed, and when their channel ends', async () => {
    const hub = hubWithRecords()
    await publishPrices(hub, ['a', '1'], ['b', '1'])
    await hub.remove('prices', 'a')
    const one = await open(hub, 'prices')
    expect(told(one.transport)).toEqual(['sse.open', 'sse.records', 'b 1', 'done#'])
    await hub.end('prices')
    await publishPrices(hub, ['c', '1'])
    const other = await open(hub, 'prices')
    expect(told(other.transport)).toEqual(['sse.open', 'sse.records', 'c 1', 'done#'])
  })

  it('are given again after a gap, whose event has no id', async () => {
    const log = createMemoryLog({ entries: 2 })
    const hub = hubWithRecords({ broker: log.connect(), window: { entries: 2 } })
    await publishPrices(hub, ['a', '1'])
    const cursor = hub.position
    await publishPrices(hub, ['b', '1'], ['b', '2'], ['b', '3'])
    const { transport } = await open(hub, 'prices', { lastEventId: cursor })
    expect(told(transport)).toEqual(['sse.open#', 'sse.gap', 'sse.records', 'a 1', 'b 3', 'done#'])
  })

  it('are asked of the broker once, however many streams join', async () => {
    let asked = 0
    const inner = createMemoryBroker()
    const broker = wrapped(inner, {
      records: (channels) => {
        if (channels.includes('prices')) asked++
        return inner.records!(channels)
      },
    })
    const hub = hubWithRecords({ broker })
    await publishPrices(hub, ['a', '1'])
    const streams = await Promise.all(Array.from({ length: 50 }, () => open(hub, 'prices')))
    await publishPrices(hub, ['a', '2'])
    streams.push(await open(hub, 'prices'))
    expect(asked).toBe(1)
    for (const { transport } of streams) expect(transport.data('message').at(-1)).toBe('a 2')
  })

  it('wait for a broker that cannot read them, without an id', async () => {
    const inner = createMemoryBroker()
    let failures = 1
    const errors: unknown[] = []
    const broker = wrapped(inner, {
      records: (channels) =>
        channels.includes('prices') && failures-- > 0
          ? Promise.reject(new Error('away'))
          : inner.records!(channels),
    })
    const hub = hubWithRecords({ broker, onError: (error) => errors.push(error) })
    await publishPrices(hub, ['a', '1'])
    const { transport } = await open(hub, 'prices')
    expect(told(transport)).toEqual(['sse.open'])
    expect(errors).toHaveLength(1)
    await hub.publish('news', 'something happens')
    await turns()
    expect(told(transport)).toEqual(['sse.open', 'sse.records', 'a 1', 'done#'])
  })

  it('go on where the client stopped to read', async () => {
    const hub = hubWithRecords()
    const large = 'x'.repeat(60_000)
    for (const record of 'abcdef') await hub.publish('prices', record + large, { record })
    // Now the records are in memory, so the next stream gets the first of them at once.
    await open(hub, 'prices')
    const transport = new RecordingTransport()
    transport.fill()
    hub.stream(transport).subscribe('prices')
    await turns()
    expect(transport.data('message').length).toBeLessThan(6)
    await publishPrices(hub, ['a', 'new'])
    for (let n = 0; n < 10; n++) {
      transport.drain()
      await turns(1)
    }
    expect(told(transport).map((one) => one.slice(0, 4))).toEqual(
      ['sse.open', 'sse.records', 'axxx', 'bxxx', 'cxxx', 'dxxx', 'exxx', 'fxxx', 'done', 'a new'].map(
        (one) => one.slice(0, 4),
      ),
    )
  })

  it('follow their names at once, whatever the app sends where the client stopped to read', async () => {
    // A write ends after 64 KiB: some of these sizes let it end between a name and its record.
    for (let size = 65_300; size < 65_536; size += 10) {
      const hub = hubWithRecords()
      await hub.publish('prices', 'x'.repeat(size), { record: 'a' })
      await publishPrices(hub, ['b', '1'])
      await open(hub, 'prices')
      const transport = new RecordingTransport()
      transport.fill()
      const stream = hub.stream(transport, { records: { lacks: () => true } }).subscribe('prices')
      await turns()
      stream.send('of the app')
      for (let n = 0; n < 5; n++) {
        transport.drain()
        await turns(1)
      }
      const events = transport.events()
      const after = events.filter((_, index) => events[index - 1]?.event === 'sse.record')
      expect(after.map(({ data }) => data.slice(0, 3))).toEqual(['xxx', 'b 1'])
    }
  })

  it('do not hold back other events of a client without a cursor, which have no id before the records are complete', async () => {
    const { hub, held } = await hubThatHoldsRecords()
    await hub.publish('news', 'old')
    await hub.publish('news', 'rewound')
    const { transport } = await open(hub, ['prices', 'news'], {}, { rewind: 1 })
    await hub.publish('news', 'meanwhile')
    await publishPrices(hub, ['a', '2'])
    held.resolve()
    await turns()
    expect(told(transport)).toEqual(['sse.open', 'rewound', 'meanwhile', 'sse.records', 'a 2', 'done#'])
    const document = await poll(hub, ['prices', 'news'], { rewind: 2 })
    expect(document.events.map(({ data }) => data).slice(0, 1)).toEqual(['meanwhile'])
    expect(document.cursor).toBe(hub.position)
  })

  it('are given when the channel whose records are awaited is left', async () => {
    const inner = createMemoryBroker()
    const broker = wrapped(inner, {
      records: (channels) =>
        channels.includes('prices:never') ? new Promise(() => {}) : inner.records!(channels),
    })
    const hub = hubWithRecords({ broker })
    await publishPrices(hub, ['a', '1'])
    const { stream, transport } = await open(hub, ['prices', 'prices:never'], {
      lastEventId: hub.position,
      records: { lacks: () => true },
    })
    expect(told(transport)).toEqual(['sse.open#'])
    stream.unsubscribe('prices:never')
    expect(told(transport)).toEqual(['sse.open#', 'sse.records', 'sse.record', 'a 1', 'done'])
  })

  it('come after the events that are left after a gap', async () => {
    const log = createMemoryLog({ entries: 3 })
    const hub = hubWithRecords({ broker: log.connect(), window: { entries: 3 } })
    await publishPrices(hub, ['a', '1'])
    const cursor = hub.position
    for (const data of ['n1', 'n2', 'n3']) await hub.publish('news', data)
    await publishPrices(hub, ['a', '2'])
    const { transport } = await open(hub, ['prices', 'news'], { lastEventId: cursor })
    expect(told(transport)).toEqual(['sse.open#', 'sse.gap', 'n2', 'n3', 'sse.records', 'a 2', 'done#'])
  })

  it('of a channel that is joined while others are on their way come after those', async () => {
    const hub = hubWithRecords()
    const large = 'x'.repeat(60_000)
    for (const record of 'abcd') await hub.publish('prices', record + large, { record })
    await hub.publish('prices:2', 'second', { record: 'a' })
    await open(hub, 'prices')
    const transport = new RecordingTransport()
    transport.fill()
    const stream = hub.stream(transport).subscribe('prices')
    await turns()
    stream.subscribe('prices:2')
    for (let n = 0; n < 8; n++) {
      transport.drain()
      await turns(1)
    }
    expect(told(transport).map((one) => one.slice(0, 6))).toEqual([
      'sse.op',
      'sse.re',
      'axxxxx',
      'bxxxxx',
      'cxxxxx',
      'dxxxxx',
      'done#',
      'sse.re',
      'second',
      'done',
    ])
    await hub.publish('prices:2', 'live', { record: 'a' })
    expect(told(transport).at(-1)).toBe('live#')
  })

  it('are complete before the client is told any id, also when it changes its channels meanwhile', async () => {
    const { hub, held } = await hubThatHoldsRecords()
    const transport = new RecordingTransport()
    const stream = hub
      .stream(transport, { asked: { names: ['news'], authorize: () => true } })
      .subscribe('prices')
    await turns()
    await hub.publish('news', 'held back')
    const subscribe = { names: ['other'], authorize: () => true }
    await hub.changeChannels(stream.id, { key: undefined, subscribe, unsubscribe: [] })
    await turns()
    expect(transport.events().every(({ id }) => id === '')).toBe(true)
    held.resolve()
    await turns()
    expect(transport.events().at(-1)).toMatchObject({ event: 'sse.records', id: hub.position })
  })

  it('come whole in a poll, however many there are', async () => {
    const hub = hubWithRecords()
    for (let n = 0; n < 700; n++) await hub.publish('prices', n, { record: `r${n}` })
    const document = await poll(hub, 'prices')
    expect(document.events).toHaveLength(702)
    expect(document.events.at(-1)).toEqual({
      event: 'sse.records',
      data: '{"channels":["prices"],"done":true}',
    })
    expect(document.cursor).toBe(hub.position)
  })

  it('of a slow client are sent once, in their newest state; other events are all sent', async () => {
    const hub = hubWithRecords()
    const { transport } = await open(hub, ['prices', 'news'])
    transport.fill()
    await publishPrices(hub, ['a', '0'])
    for (let n = 1; n <= 100; n++) {
      await publishPrices(hub, ['a', `${n}`])
      await hub.publish('news', `n${n}`)
      await hub.publish('prices', `plain ${n}`)
    }
    transport.drain()
    await turns()
    const data = transport.data('message')
    expect(data.filter((one) => one.startsWith('a '))).toEqual(['a 0', 'a 100'])
    expect(data.filter((one) => one.startsWith('n'))).toHaveLength(100)
    expect(data.filter((one) => one.startsWith('plain'))).toHaveLength(100)
  })

  it('are refused where there are none, and with names that are not valid', async () => {
    const hub = hubWithRecords()
    await expect(hub.publish('news', 1, { record: 'a' })).rejects.toMatchObject({ code: 'invalid-record' })
    await expect(hub.publish('prices', 1, { record: '' })).rejects.toMatchObject({ code: 'invalid-record' })
    await expect(hub.remove('news', 'a')).rejects.toMatchObject({ code: 'invalid-record' })
    await expect(hub.publish('prices', 1, { record: 'a'.repeat(257) })).rejects.toMatchObject({
      code: 'invalid-record',
    })
  })

  it('are bounded', async () => {
    const hub = hubWithRecords()
    await hub.ready
    for (let n = 0; n < 10_000; n++) void hub.publish('prices', n, { record: `r${n}` })
    await expect(hub.publish('prices', 1, { record: 'more' })).rejects.toMatchObject({
      code: 'too-many-records',
    })
    await hub.publish('prices', 1, { record: 'r5' })
    await hub.remove('prices', 'r7')
    await hub.publish('prices', 1, { record: 'more' })
  })

  it('are equal to the log’s, whatever is published, joined, left and stalled meanwhile', async () => {
    const command = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          type: fc.constant('set' as const),
          record: fc.constantFrom(...'abcd'),
          on: fc.constantFrom(['prices'], ['prices:2'], ['prices', 'prices:2']),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          type: fc.constant('remove' as const),
          record: fc.constantFrom(...'abcd'),
          on: fc.constantFrom('prices', 'prices:2'),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          type: fc.constant('end' as const),
          on: fc.constantFrom('prices', 'prices:2'),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          type: fc.constantFrom('fill' as const, 'drain' as const, 'turn' as const, 'other' as const),
        }),
      },
      { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('join' as const, 'leave' as const) }) },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        async (commands, entries) => {
          const log = createMemoryLog({ entries })
          const hub = hubWithRecords({ broker: log.connect(), window: { entries } })
          const truth = new Map<string, Map<string, string>>([
            ['prices', new Map()],
            ['prices:2', new Map()],
          ])
          const { stream, transport } = await open(hub, ['prices', 'other'], {
            records: { lacks: () => false },
          })
          let value = 0
          for (const one of commands) {
            if (one.type === 'set') {
              value++
              for (const name of one.on) truth.get(name)!.set(one.record, `${value}`)
              void hub.publish(one.on, `${value}`, { record: one.record })
            } else if (one.type === 'remove') {
              truth.get(one.on)!.delete(one.record)
              void hub.remove(one.on, one.record)
            } else if (one.type === 'end') {
              truth.get(one.on)!.clear()
              void hub.end(one.on)
            } else if (one.type === 'other') void hub.publish('other', 'x')
            else if (one.type === 'fill') transport.fill()
            else if (one.type === 'drain') transport.drain()
            else if (one.type === 'join') stream.subscribe('prices:2')
            else if (one.type === 'leave') stream.unsubscribe('prices:2')
            else await turns(2)
          }
          transport.drain()
          await turns(10)
          transport.drain()
          await turns(10)
          const shown = replay(transport)
          for (const name of stream.channels) {
            if (name === 'other') continue
            expect(Object.fromEntries(shown.get(name) ?? [])).toEqual(Object.fromEntries(truth.get(name)!))
          }
          await hub.close()
        },
      ),
      { numRuns: 400 },
    )
  }, 60_000)
})

/** What a page shows that follows the protocol. */
function replay(transport: RecordingTransport): Map<string, Map<string, string>> {
  const shown = new Map<string, Map<string, string>>()
  const of = (name: string) => shown.get(name) ?? shown.set(name, new Map()).get(name)!
  let label: { channels: string[]; record: string } | undefined
  for (const { event, data } of transport.events()) {
    if (event === 'sse.record') label = JSON.parse(data)
    else if (event === 'sse.records') {
      const { channels, done } = JSON.parse(data)
      if (!done) for (const name of channels) of(name).clear()
    } else if (event === 'sse.removed') {
      const { channel, record } = JSON.parse(data)
      of(channel).delete(record)
    } else if (event === 'sse.end') of(JSON.parse(data).channel).clear()
    else if (event === 'message' && label) {
      for (const name of label.channels) of(name).set(label.record, data)
      label = undefined
    }
  }
  return shown
}

async function poll(
  hub: Hub,
  channels: string | string[],
  subscribe: SubscribeOptions = {},
  options: StreamOptions = {},
) {
  const response = new KeptAnswer()
  hub.stream(createPoll(response, 0), options).subscribe(channels, subscribe)
  await turns(10)
  if (!response.document) throw new Error(`refused: ${JSON.stringify(response.refusal)}`)
  return response.document
}

describe('rewind', () => {
  it('begins so many events of the opening channels back, and not further than the window holds', async () => {
    const hub = createHub({ window: { entries: 6 } })
    for (let n = 0; n < 8; n++) await hub.publish(n % 2 ? 'a' : 'b', n)
    const at = async (rewind: number, channels: string | string[] = 'a') => {
      const { transport } = await open(hub, channels, {}, { rewind })
      return transport.data('message')
    }
    expect(await at(2)).toEqual(['5', '7'])
    expect(await at(0)).toEqual([])
    expect(await at(100)).toEqual(['3', '5', '7'])
    expect(await at(3, ['a', 'b'])).toEqual(['5', '6', '7'])
    const returning = await open(hub, 'a', { lastEventId: hub.position }, { rewind: 5 })
    expect(returning.transport.data('message')).toEqual([])
  })

  it('is refused together with since, and when it is not a number of events', async () => {
    const hub = createHub()
    await hub.ready
    const stream = hub.stream(new RecordingTransport())
    expect(() => stream.subscribe('a', { rewind: -1 })).toThrow(/rewind must be a whole number/)
    expect(() => stream.subscribe('a', { rewind: 1, since: hub.position })).toThrow(/Use one of them/)
    const other = hub.stream(new RecordingTransport()).subscribe('a', { rewind: 1 })
    expect(() => other.subscribe('b', { since: hub.position })).toThrow(/Use one of them/)
  })
})

describe('hub.end', () => {
  it('tells the streams, and closes those that are on no other channel', async () => {
    const hub = createHub()
    await hub.ready
    const one = await open(hub, 'run')
    const two = await open(hub, ['run', 'news'])
    await hub.end('run', { reason: 'finished' })
    await turns()
    expect(one.transport.data('sse.end')).toEqual(['{"channel":"run","reason":"finished"}'])
    expect(one.transport.data('sse.close')).toEqual(['{"reconnect":false,"reason":"ended"}'])
    expect(one.transport.state).toBe('ended')
    expect(two.transport.data('sse.end')).toHaveLength(1)
    expect(two.transport.state).toBe('open')
    await hub.publish('run', 'again')
    expect(two.transport.data('message')).toEqual(['again'])
    await hub.end('news')
    expect(two.transport.state).toBe('open')
    await hub.end('run')
    expect(two.transport.state).toBe('ended')
    expect(hub.stats().closed.ended).toBe(2)
  })

  it('answers 204 where nothing is left to read, and gives the rest to the others', async () => {
    const hub = createHub()
    await hub.ready
    const since = hub.position
    await hub.publish('run', 'all of it')
    await hub.end('run')
    const late = await open(hub, 'run')
    expect(late.transport.refusal).toMatchObject({ status: 204 })
    const reader = await open(hub, 'run', {}, { since })
    expect(reader.transport.data('message')).toEqual(['all of it'])
    expect(reader.transport.events().at(-1)).toMatchObject({ event: 'sse.close' })
    expect((await open(hub, 'run', { lastEventId: hub.position })).transport.refusal).toMatchObject({
      status: 204,
    })
    await hub.publish('run', 'opened again')
    expect((await open(hub, 'run')).transport.state).toBe('open')
  })

  it('does not close a slow stream for an end after which the channel was opened again', async () => {
    const hub = createHub()
    await hub.ready
    const { transport } = await open(hub, 'run')
    transport.fill()
    await hub.publish('run', 1)
    await hub.end('run')
    await hub.publish('run', 2)
    transport.drain()
    await turns()
    expect(transport.state).toBe('open')
    expect(transport.data('message')).toEqual(['1', '2'])
  })

  it('is told to polls', async () => {
    const hub = createHub()
    await hub.ready
    const cursor = hub.position
    await hub.end('run')
    expect(await poll(hub, 'run', {}, { lastEventId: cursor })).toMatchObject({ ended: ['run'] })
  })
})

describe('a volatile event', () => {
  it('reaches live streams in every process, without an id, and is not replayed', async () => {
    const log = createMemoryLog()
    const [one, other] = [createHub({ broker: log.connect() }), createHub({ broker: log.connect() })]
    await Promise.all([one.ready, other.ready])
    const near = await open(one, 'typing')
    const far = await open(other, 'typing')
    const elsewhere = await open(other, 'news')
    const { position } = one
    expect(await one.publish('typing', { user: 'mina' }, { event: 'typing', volatile: true })).toBeUndefined()
    await turns()
    for (const { transport } of [near, far]) {
      expect(transport.data('typing')).toEqual(['{"user":"mina"}'])
      expect(transport.events('typing')[0]!.id).toBe(transport.events('sse.open')[0]!.id)
    }
    expect(elsewhere.transport.data('typing')).toEqual([])
    expect(one.position).toBe(position)
  })

  it('is skipped by a stream that has no room', async () => {
    const hub = createHub()
    await hub.ready
    const { transport } = await open(hub, 'typing')
    transport.fill()
    await hub.publish('typing', 'logged')
    await hub.publish('typing', 'lost', { volatile: true })
    await turns()
    transport.drain()
    await turns()
    expect(transport.data('message')).toEqual(['logged'])
  })

  it('is refused when it is too large, too frequent, or has what only the log can give', async () => {
    const hub = createHub({ maxEventBytes: 1_000_000 })
    await hub.ready
    await expect(hub.publish('a', 'x'.repeat(60_000), { volatile: true })).rejects.toMatchObject({
      code: 'event-too-large',
    })
    await expect(hub.publish('a', 1, { volatile: true, idempotencyKey: 'k' } as never)).rejects.toMatchObject(
      { code: 'invalid-option' },
    )
    const many = Array.from({ length: 2_100 }, () => hub.publish('a', 1, { volatile: true }))
    const settled = await Promise.allSettled(many)
    expect(settled.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0)
  })
})

it('a read of records that nobody waits for any more may fail in silence, as when the hub is closed', async () => {
  const broker = createMemoryBroker()
  const reads: PromiseWithResolvers<never>[] = []
  const records = (channels: readonly string[]) => {
    if (channels[0]?.startsWith('sse:')) return broker.records!(channels)
    reads.push(Promise.withResolvers())
    return reads.at(-1)!.promise
  }
  const errors: unknown[] = []
  const hub = hubWithRecords({ broker: wrapped(broker, { records }), onError: (error) => errors.push(error) })
  await open(hub, 'prices')
  const { transport } = await open(hub, 'prices:2')
  expect(reads).toHaveLength(2)
  reads[0]!.reject(new Error('away'))
  await turns()
  expect(errors).toEqual([new Error('away')])
  transport.leave()
  await hub.close()
  reads[1]!.reject(new Error('closed'))
  await turns()
  expect(errors).toEqual([new Error('away')])
})
