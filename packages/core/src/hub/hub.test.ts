import { describe, expect, it, vi } from 'vitest'
import { endOfTurn } from '../end-of-turn.ts'
import { SseError } from '../errors.ts'
import type { Receiver } from '../log/broker.ts'
import { createMemoryBroker, createMemoryLog } from '../log/memory-broker.ts'
import { wrapped } from '../log/wrapped-broker.test-kit.ts'
import { checkStreamOptions } from '../stream/check-options.ts'
import { opening } from '../stream/opening.test-kit.ts'
import { RecordingTransport } from '../stream/recording-transport.test-kit.ts'
import type { StreamEvent } from '../stream/sse-stream.ts'
import { createHub } from './hub.ts'
import type { Hub } from './types.ts'

/** A stream of a hub over a recording transport. It opens after this turn. */
async function opened(hub: Hub, channels: string | string[], options = {}) {
  const transport = new RecordingTransport()
  const stream = hub.stream(transport, options).subscribe(channels)
  await opening()
  return { transport, stream }
}

describe('hub.publish', () => {
  it('delivers to the streams on the channel, and to no other', async () => {
    const hub = createHub()
    const news = await opened(hub, 'news')
    const sport = await opened(hub, 'sport')
    const { id, duplicate } = await hub.publish('news', { title: 'Hi' }, { event: 'notification' })
    expect(news.transport.events('notification')).toMatchObject([{ id, data: '{"title":"Hi"}' }])
    expect(sport.transport.events('notification')).toEqual([])
    expect(duplicate).toBe(false)
  })

  it('delivers an event on several channels once', async () => {
    const hub = createHub()
    const { transport } = await opened(hub, ['user:7', 'audit'])
    await hub.publish(['user:7', 'audit'], 'x')
    await hub.publish('audit', 'y')
    expect(transport.data('message')).toEqual(['x', 'y'])
  })

  it('costs a stream one write a turn, however many events were published in it', async () => {
    const hub = createHub()
    const single = await opened(hub, 'a')
    const several = await opened(hub, ['a', 'b'])
    const before = [single.transport.writes, several.transport.writes]
    await Promise.all(Array.from({ length: 10 }, (_, n) => hub.publish(n % 2 ? 'a' : 'b', `${n}`)))
    expect(single.transport.data('message')).toEqual(['1', '3', '5', '7', '9'])
    expect(several.transport.data('message')).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    expect([single.transport.writes, several.transport.writes]).toEqual(before.map((count) => count + 1))
  })

  it('loses nothing of a turn that publishes more than fits into the window', async () => {
    const hub = createHub({ window: { entries: 10 } })
    const { transport } = await opened(hub, 'a')
    const sent = Array.from({ length: 5_000 }, (_, n) => `${n}`)
    await Promise.all(sent.map((n) => hub.publish('a', n)))
    expect(transport.data('message')).toEqual(sent)
    expect(transport.events('sse.gap')).toEqual([])
    expect(hub.stats().windowEntries).toBe(10)
  })

  it('has appended the event when it resolves: the position is the id', async () => {
    const hub = createHub()
    const { id } = await hub.publish('a', 1)
    expect(hub.position).toBe(id)
  })

  it('answers a repeat under the same idempotency key with the first id, and delivers once', async () => {
    const hub = createHub()
    const { transport } = await opened(hub, 'a')
    const first = await hub.publish('a', 1, { idempotencyKey: 'k' })
    expect(await hub.publish('a', 1, { idempotencyKey: 'k' })).toEqual({ id: first.id, duplicate: true })
    expect(transport.data('message')).toEqual(['1'])
  })

  it.each([
    ['a newline in the event name', ['a', 1, { event: 'x\ny' }], 'invalid-event'],
    ['a reserved event name', ['a', 1, { event: 'sse.ping' }], 'invalid-event'],
    ['an empty channel', ['', 1], 'invalid-channel'],
    ['a reserved channel', ['sse:control', 1], 'invalid-channel'],
    ['data that JSON cannot say', ['a', 1n], 'invalid-data'],
    ['too much data', ['a', 'x'.repeat(65_537)], 'event-too-large'],
    ['a key that is too long', ['a', 1, { idempotencyKey: 'x'.repeat(129) }], 'invalid-key'],
  ] as const)('refuses %s and loses nothing', async (_, parameters, code) => {
    const hub = createHub()
    const { transport } = await opened(hub, 'a')
    await expect(hub.publish(...(parameters as unknown as [string, unknown]))).rejects.toMatchObject({
      name: 'SseError',
      code,
    })
    await hub.publish('a', 'after')
    expect(transport.data('message')).toEqual(['after'])
  })

  it('reports a rejection that nobody awaits to onError instead of ending the process', async () => {
    const onError = vi.fn()
    const hub = createHub({ onError })
    void hub.publish('', 1)
    await expect(hub.publish('', 2)).rejects.toThrow()
    await endOfTurn()
    await endOfTurn()
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'invalid-channel' }))
    expect(hub.stats().errors).toBe(1)
  })

  it('reaches the streams of every hub on the same broker', async () => {
    const log = createMemoryLog()
    const [one, two] = [createHub({ broker: log.connect() }), createHub({ broker: log.connect() })]
    await Promise.all([one.ready, two.ready])
    const { transport } = await opened(two, 'a')
    const { id } = await one.publish('a', 'hello')
    expect(transport.events('message')).toMatchObject([{ id, data: 'hello' }])
    expect(two.position).toBe(id)
  })
})

describe('hub.position', () => {
  it('throws an error that says what to do before the broker has started', () => {
    expect(() => createHub().position).toThrow(expect.objectContaining({ code: 'not-ready' }))
  })

  it('is a valid cursor even in a log without entries', async () => {
    const hub = createHub()
    await hub.ready
    const { position } = hub
    await hub.publish('a', 'after the snapshot')
    const { transport } = await opened(hub, 'a', { lastEventId: position })
    expect(transport.data('message')).toEqual(['after the snapshot'])
  })
})

describe('hub.streams', () => {
  it('has exactly the open streams', async () => {
    const hub = createHub()
    const { stream, transport } = await opened(hub, 'a')
    expect([...hub.streams]).toEqual([stream])
    expect(hub.streams.get(stream.id)).toBe(stream)
    transport.leave()
    expect(hub.streams.size).toBe(0)
    expect(hub.stats()).toMatchObject({ streams: 0, channels: 0, opened: 1, closed: { client: 1 } })
  })

  it('never has a stream whose client left before it was opened', async () => {
    const hub = createHub()
    const transport = new RecordingTransport()
    const stream = hub.stream(transport).subscribe('a')
    transport.leave()
    await opening()
    expect(stream.closed).toBe(true)
    expect(stream.send('x')).toBe(false)
    expect(hub.stats()).toMatchObject({ streams: 0, channels: 0, opened: 0 })
    expect(transport.items).toEqual([])
  })
})

describe('hub.disconnect', () => {
  it('ends all streams of the key, in every process of the broker', async () => {
    const log = createMemoryLog()
    const [one, two] = [createHub({ broker: log.connect() }), createHub({ broker: log.connect() })]
    await Promise.all([one.ready, two.ready])
    const mina = await opened(two, 'a', { key: 'mina' })
    const joon = await opened(two, 'a', { key: 'joon' })
    await one.disconnect('mina', { reconnect: false })
    expect(mina.transport.events('sse.close')).toMatchObject([
      { data: '{"reconnect":false,"reason":"disconnected"}', retry: 2_147_483_647 },
    ])
    expect(mina.transport.state).toBe('ended')
    expect(mina.stream.signal.reason).toMatchObject({ name: 'AbortError', code: 'disconnected' })
    expect(joon.stream.closed).toBe(false)
  })

  it('does not end streams that open later, and is not delivered to streams', async () => {
    const hub = createHub()
    await hub.ready
    const before = hub.position
    await hub.disconnect('mina')
    const { stream, transport } = await opened(hub, 'a', { key: 'mina', lastEventId: before })
    expect(stream.closed).toBe(false)
    expect(transport.events().map((event) => event.event)).toEqual(['sse.open'])
  })
})

describe('hub.close', () => {
  it('tells every stream when to reconnect, ends it, and then refuses to publish', async () => {
    const hub = createHub({ random: () => 0.5 })
    const { transport, stream } = await opened(hub, 'a')
    await hub.close({ retry: [1_000, 11_000] })
    expect(transport.events('sse.close')).toMatchObject([
      { data: '{"reconnect":6000,"reason":"shutdown"}', retry: 6_000 },
    ])
    expect(transport.state).toBe('ended')
    expect(stream.closed).toBe(true)
    await expect(hub.publish('a', 1)).rejects.toMatchObject({ code: 'closed' })
  })
})

describe('hub.close({ drain })', () => {
  it.each([0, 3])(
    'takes publishes until it is over, with %i streams, although the clock steps back',
    async (count) => {
      let now = 1_000_000
      const hub = createHub({ now: () => now })
      const streams = await Promise.all(Array.from({ length: count }, () => opened(hub, 'a')))
      const closed = hub.close({ drain: 100 })
      now -= 10_000
      expect(await hub.publish('a', 'during')).toMatchObject({ duplicate: false })
      await closed
      expect(streams.every(({ stream }) => stream.closed)).toBe(true)
      await expect(hub.publish('a', 'after')).rejects.toMatchObject({ code: 'closed' })
    },
  )
})

describe('a time to reconnect that is longer than a timer', () => {
  it.each([2 ** 31, 3e9])('is refused by every function that accepts one: %d', async (long) => {
    const hub = createHub()
    const { stream } = await opened(hub, 'a')
    const refusal = expect.objectContaining({ code: 'invalid-option' })
    expect(() => stream.send('x', { retry: long })).toThrow(refusal)
    expect(() => stream.close({ reconnect: long })).toThrow(refusal)
    expect(() => hub.close({ retry: [1, long] })).toThrow(refusal)
    expect(() => checkStreamOptions({ retry: long })).toThrow(refusal)
    expect(() => checkStreamOptions({ retry: [1, long] })).toThrow(refusal)
    await expect(hub.disconnect('ada', { reconnect: long })).rejects.toMatchObject({ code: 'invalid-option' })
    expect(stream.closed).toBe(false)
  })
})

describe('a hub that closes', () => {
  it('refuses new streams with a time to reconnect', async () => {
    const events: StreamEvent[] = []
    const hub = createHub({ onStream: (event) => events.push(event) })
    await opened(hub, 'a')
    const closing = hub.close({ drain: 50, retry: [7, 7] })
    const { transport } = await opened(hub, 'a')
    expect(transport.refusal).toEqual({ status: 503, detail: 'The server is shutting down.', retry: 7 })
    expect(events.map(({ type }) => type)).toEqual(['open', 'refuse'])
    await closing
    expect(hub.stats()).toMatchObject({ refused: 1, opened: 1, streams: 0 })
  })
})

describe('the callbacks of a hub', () => {
  it('end no stream if `channel` throws', async () => {
    const errors: unknown[] = []
    const broken = new Error('broken')
    const channel = () => {
      throw broken
    }
    const hub = createHub({ channel, onError: (error) => errors.push(error) })
    await hub.ready
    const transport = new RecordingTransport()
    hub.stream(transport, { key: 'ada', presence: () => ({}) }).subscribe('a')
    await opening()
    await hub.publish('a', 'still here')
    expect(transport.data('message')).toEqual(['still here'])
    transport.leave()
    expect(hub.streams.size).toBe(0)
    expect(new Set(errors)).toEqual(new Set([broken]))
  })

  it('are called when a stream opens, has a gap, and ends', async () => {
    const events: StreamEvent[] = []
    const hub = createHub({ onStream: (event) => events.push(event), window: { entries: 1 } })
    await hub.ready
    const start = hub.position
    for (let n = 0; n < 3; n++) await hub.publish('a', n)
    const { transport, stream } = await opened(hub, 'a', { lastEventId: start })
    transport.leave()
    expect(events).toEqual([
      { type: 'open', stream },
      { type: 'gap', stream, reason: 'trimmed', requested: start },
      { type: 'close', stream, reason: 'client' },
    ])
    expect(hub.stats()).toMatchObject({ opened: 1, gaps: 1, closed: { client: 1 } })
  })

  it('are called when a stream overflows', async () => {
    const reasons: string[] = []
    const hub = createHub({ onStream: (event) => event.type === 'close' && reasons.push(event.reason) })
    const { transport, stream } = await opened(hub, 'a', { maxUnread: 1_000 })
    transport.fill()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    for (let n = 0; n < 4; n++) stream.send('x'.repeat(1_000))
    vi.advanceTimersByTime(3_000)
    vi.useRealTimers()
    expect(reasons).toEqual(['overflow'])
  })

  it('are called each time when the broker reaches or loses its log', async () => {
    const told: unknown[] = []
    const memory = createMemoryBroker()
    let receiver: Receiver | undefined
    const broker = wrapped(memory, {
      start: (its) => {
        receiver = its
        return memory.start(its)
      },
    })
    const hub = createHub({ broker, onBroker: (...state) => told.push(state) })
    await hub.ready
    const cause = new Error('connect ECONNREFUSED')
    for (const state of ['down', 'down', 'up'] as const)
      receiver?.health(state, state === 'down' ? cause : undefined)
    expect(told).toEqual([
      ['up', undefined],
      ['down', cause],
      ['up', undefined],
    ])
    expect(hub.stats().broker).toBe('up')
  })
})

describe('a log that refuses writes', () => {
  it('is reported once, and again when it accepts a write; refused publishes are counted by their reason', async () => {
    const memory = createMemoryBroker()
    let isFull = false
    const broker = wrapped(memory, {
      publish: async (...message) => {
        if (isFull) throw new SseError('log-full', 'The log is full.')
        return memory.publish(...message)
      },
    })
    const told: unknown[] = []
    const hub = createHub({ broker, onBroker: (...state) => told.push(state) })
    await hub.publish('a', 1)
    isFull = true
    for (let n = 0; n < 3; n++) await expect(hub.publish('a', n)).rejects.toMatchObject({ code: 'log-full' })
    await expect(hub.publish('', 1)).rejects.toMatchObject({ code: 'invalid-channel' })
    expect(hub.stats()).toMatchObject({
      broker: 'refusing',
      published: 1,
      refusedPublishes: { 'log-full': 3, 'invalid-channel': 1 },
    })
    isFull = false
    await hub.publish('a', 2)
    expect(told).toEqual([
      ['up', undefined],
      ['refusing', expect.objectContaining({ code: 'log-full' })],
      ['up', undefined],
    ])
    expect(hub.stats().broker).toBe('up')
  })
})

describe('createHub', () => {
  it.each([
    [{ heartbeat: -1 }, /heartbeat must be a whole number of milliseconds/],
    [{ heartbeat: Number.POSITIVE_INFINITY }, /heartbeat/],
    [{ window: { entries: 0 } }, /window\.entries must be a number above 0, not 0/],
    [{ maxEventBytes: '64k' }, /maxEventBytes/],
    [{ broker: 'redis' }, /broker must be a Broker, such as createSqliteBroker/],
    [{ broker: {} }, /broker must be a Broker, such as createMemoryBroker\(\)/],
    [createMemoryBroker(), /createHub was given a broker instead of .*: write createHub\({ broker }\)/],
    [{ onStream: true }, /onStream must be a function/],
  ])('refuses %o', (options, message) => {
    expect(() => createHub(options as never)).toThrow(message)
  })

  it.each([{ drain: -1 }, { retry: [5, 1] }, { retry: 1_000 }])('is not closed with %j', (options) => {
    expect(() => createHub().close(options as never)).toThrow(/is|\[min, max\]/)
  })
})

describe('callbacks of the app', () => {
  it('may be asynchronous and reject, which is reported like any other error', async () => {
    const errors: unknown[] = []
    const hub = createHub({
      onStream: async () => {
        throw new Error('of onStream')
      },
      onError: async (error) => {
        errors.push(error)
      },
    })
    const { stream } = await opened(hub, 'a')
    stream.close()
    await endOfTurn()
    expect(errors).toMatchObject([{ message: 'of onStream' }, { message: 'of onStream' }])
  })

  it('may throw without stopping anything', async () => {
    const onError = vi.fn()
    const onStream = () => {
      throw new Error('from onStream')
    }
    const hub = createHub({ onError, onStream })
    const { transport } = await opened(hub, 'a')
    await hub.publish('a', 'x')
    expect(transport.data('message')).toEqual(['x'])
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'from onStream' }))
  })
})
