import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSseClient, type SseClientOptions, type SseResyncCause } from '../index.ts'
import { createTestClock, scriptEventSource } from '../testing/index.ts'

afterEach(() => vi.unstubAllGlobals())

/** A load in the hands of the test. */
interface Load extends SseResyncCause, PromiseWithResolvers<unknown> {}

async function setUp(options: SseClientOptions = {}) {
  const { EventSource, sources } = scriptEventSource()
  const clock = createTestClock()
  const loads: Load[] = []
  const told: unknown[] = []
  const errors: unknown[] = []
  const client = createSseClient('http://a.example/events', {
    ...{ EventSource, clock, polls: false, onError: (error) => errors.push(error) },
    resync(cause) {
      const load = { ...Promise.withResolvers<unknown>(), ...cause }
      loads.push(load)
      return load.promise
    },
    ...options,
  })
  onTestFinished(() => client.close())
  client.on('tick', (data) => told.push(data))
  client.on('sse.gap', ({ reason }) => told.push(reason))
  client.on('sse.stale', (stale) => told.push(stale ? 'stale' : 'fresh'))
  client.connect()
  const source = async (count = 1) => {
    await vi.waitUntil(() => sources.length === count)
    return sources[count - 1]!
  }
  const load = async (count: number) => {
    await vi.waitUntil(() => loads.length === count)
    return loads[count - 1]!
  }
  /** A stream that begins at a position. */
  const open = async (id: string, resumed: boolean | null = null, count = 1) => {
    const stream = await source(count)
    stream.open()
    stream.send('sse.open', JSON.stringify({ stream: 's', heartbeat: 0, resumed }), id)
    return stream
  }
  return { client, clock, sources, loads, load, source, told, errors, open }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

/** The events with these numbers. */
const send = (stream: { send(event: string, data: string, id: string): void }, ...numbers: number[]) => {
  for (const number of numbers) stream.send('tick', String(number), `e-${number}`)
}

describe('a resync', () => {
  it('is called at the first opening, and holds the events until it has loaded', async () => {
    const { client, load, open, told } = await setUp()
    expect(client.stale).toBe(true)
    const stream = await open('e-0')
    const first = await load(1)
    expect(first.reason).toBe('open')
    send(stream, 1, 2)
    expect(told).toEqual(['stale'])
    first.resolve(undefined)
    await settled()
    send(stream, 3)
    expect(told).toEqual(['stale', 1, 2, 'fresh', 3])
    expect(client.stale).toBe(false)
  })

  it('that returns a position: the listeners are told exactly what comes after it', async () => {
    const { load, open, sources, told } = await setUp()
    const stream = await open('e-0')
    const first = await load(1)
    send(stream, 1, 2, 3)
    stream.send('tick', '"no id"', 'e-3')
    first.resolve('e-2')
    await settled()
    send(stream, 4)
    expect(told).toEqual(['stale', 3, 'no id', 'fresh', 4])
    expect(sources).toHaveLength(1)
  })

  it('that is ahead of the stream: no new connection, events up to it are skipped', async () => {
    const { client, load, open, sources, told } = await setUp()
    const stream = await open('e-0')
    const first = await load(1)
    send(stream, 1)
    first.resolve('e-3')
    await settled()
    expect([client.stale, client.lastEventId]).toEqual([false, 'e-1'])
    send(stream, 2, 3, 4, 5)
    expect(told).toEqual(['stale', 'fresh', 4, 5])
    expect(sources).toHaveLength(1)
  })

  it.each([
    ['behind the stream', 'e-3'],
    ['of another branch of the log', 'e-5-x'],
    ['of another log', 'f-9'],
  ])('that is %s: the client resumes from it', async (_, position) => {
    const { client, load, open, source, told } = await setUp()
    const stream = await open('e-5')
    const first = await load(1)
    send(stream, 6)
    first.resolve(position)
    const second = await source(2)
    expect(stream.readyState).toBe(2)
    expect(second.url.searchParams.get('lastEventId')).toBe(position)
    expect(client.stale).toBe(true)
    await open(position, true, 2)
    expect(client.stale).toBe(false)
    send(second, 4, 5)
    expect(told).toEqual(['stale', 'fresh', 4, 5])
  })

  it('whose position is trimmed on arrival is repeated with backoff, and not at once', async () => {
    const { client, clock, load, loads, open, told } = await setUp()
    await open('e-5')
    ;(await load(1)).resolve('e-3')
    for (let count = 2; count < 5; count++) {
      const stream = await open('e-3', false, count)
      stream.send('sse.gap', '{"reason":"trimmed","requested":"e-3"}', 'e-5')
      send(stream, 6)
      await settled()
      expect(loads).toHaveLength(count - 1)
      expect(told.splice(0)).toContain(6)
      clock.advance(0.75 * 1000 * 2 ** (count - 2) - 1)
      expect(loads).toHaveLength(count - 1)
      clock.advance(1)
      ;(await load(count)).resolve('e-3')
    }
    expect(client.stale).toBe(true)
    const stream = await open('e-3', true, 5)
    send(stream, 4)
    expect(told).toEqual(['fresh', 4])
  })

  it('is called at a gap; one that was running loads again, because it may have come too early', async () => {
    const { load, open, told } = await setUp()
    const stream = await open('e-0')
    const first = await load(1)
    send(stream, 1)
    stream.send('sse.gap', '{"reason":"trimmed","requested":"e-1"}', 'e-7')
    send(stream, 8)
    first.resolve('e-8')
    const second = await load(2)
    expect(second.reason).toBe('gap')
    expect(told).toEqual(['stale', 'trimmed'])
    second.resolve('e-7')
    await settled()
    expect(told).toEqual(['stale', 'trimmed', 8, 'fresh'])
  })

  it('at a gap without an id: a position from before the gap is behind the stream', async () => {
    const { load, source, told } = await setUp({ lastEventId: 'e-1' })
    const stream = await source()
    stream.open()
    stream.send('sse.open', '{"resumed":false}', 'e-1')
    stream.send('sse.gap', '{"reason":"trimmed","requested":"e-1"}', 'e-1')
    stream.send('sse.channels', '{"channels":[],"refused":[]}', 'e-1')
    send(stream, 8)
    // The server process that was asked lags behind.
    ;(await load(1)).resolve('e-1')
    expect((await source(2)).url.searchParams.get('lastEventId')).toBe('e-1')
    expect(told).not.toContain(8)
  })

  it.each(['fails', 'gives a position before them'])(
    'that %s: what waits, and comes again after gaps of a log that has lost its end, is told once',
    async (how) => {
      const { load, open, told } = await setUp()
      const stream = await open('e-0')
      send(stream, 1, 2)
      const first = await load(1)
      for (let gaps = 0; gaps < 2; gaps++) {
        stream.send('sse.gap', '{"reason":"forked","requested":"e-2"}', 'e-0')
        send(stream, 1, 2)
      }
      send(stream, 3)
      if (how === 'fails') first.reject(new Error('of the load'))
      else {
        first.resolve(undefined)
        const second = await load(2)
        second.resolve('e-1')
      }
      await settled()
      const numbers = told.filter((one) => typeof one === 'number')
      expect(numbers).toEqual(how === 'fails' ? [1, 2, 3] : [2, 3])
    },
  )

  it('an opening and its gap need one load', async () => {
    const { load, loads, source } = await setUp({ lastEventId: 'e-1' })
    const stream = await source()
    stream.open()
    stream.send('sse.open', '{"resumed":false}', 'e-1')
    stream.send('sse.gap', '{"reason":"trimmed","requested":"e-1"}', 'e-7')
    ;(await load(1)).resolve('e-7')
    await settled()
    expect(loads.map(({ reason }) => reason)).toEqual(['gap'])
  })

  it('is not needed where the app gave the position and the stream resumed, nor at a later opening that resumes', async () => {
    const { client, clock, loads, open, source, told } = await setUp({ lastEventId: 'e-1' })
    const stream = await open('e-1', true)
    send(stream, 2)
    stream.lose()
    clock.advance(1000)
    await source(2)
    await open('e-2', true, 2)
    await settled()
    expect([told, loads, client.stale]).toEqual([[2], [], false])
  })

  it('is needed at a reload, although the stored position resumes', async () => {
    const storage = { getItem: () => 'e-4', setItem() {} }
    const { load, open, told } = await setUp({ persist: storage })
    const stream = await open('e-4', true)
    send(stream, 5)
    ;(await load(1)).resolve('e-4')
    await settled()
    expect(told).toEqual(['stale', 5, 'fresh'])
  })

  it('keeps the position of what was held out of the storage', async () => {
    const kept: string[] = []
    const storage = { getItem: () => null, setItem: (_: string, id: string) => void kept.push(id) }
    const { load, open } = await setUp({ persist: storage })
    const stream = await open('e-0')
    const first = await load(1)
    send(stream, 1)
    stream.send('sse.ping', '', 'e-2')
    expect(kept).toEqual(['e-0'])
    first.resolve('e-1')
    await settled()
    expect(kept).toEqual(['e-0', 'e-1', 'e-2'])
  })

  it('that has read what the log has lost since: it loads again when a stream has resumed before that', async () => {
    const { client, load, open, clock, told } = await setUp()
    const stream = await open('e-1')
    ;(await load(1)).resolve('e-3-lost')
    await settled()
    expect(client.stale).toBe(false)
    stream.lose()
    clock.advance(2000)
    const next = await open('e-1', true, 2)
    expect(client.stale).toBe(true)
    send(next, 2, 3)
    ;(await load(2)).resolve('e-2')
    await settled()
    expect(told).toEqual(['stale', 'fresh', 'stale', 3, 'fresh'])
  })

  it('that ends after a stream has resumed before its position loads again, and what it has read is skipped', async () => {
    const { load, open, clock, told } = await setUp()
    const stream = await open('e-1')
    const first = await load(1)
    stream.lose()
    clock.advance(2000)
    const next = await open('e-1', true, 2)
    send(next, 2)
    first.resolve('e-3')
    ;(await load(2)).reject(new Error('503'))
    await settled()
    send(next, 3, 4)
    expect(told).toEqual(['stale', 4])
  })

  it('that ends while no stream is open, with a position of another log: it is tried again without an opening', async () => {
    const { client, clock, load, open } = await setUp()
    const stream = await open('e-5')
    ;(await load(1)).resolve('e-5')
    await settled()
    stream.send('sse.gap', '{"reason":"forked","requested":"e-5"}')
    const second = await load(2)
    stream.lose()
    second.resolve('f-9')
    await settled()
    expect(client.stale).toBe(true)
    clock.advance(1000)
    await load(3)
  })

  it('that fails: what was held is told, and it is tried again with backoff', async () => {
    const { client, clock, errors, load, loads, open, told } = await setUp()
    const stream = await open('e-0')
    const first = await load(1)
    send(stream, 1)
    first.reject(new Error('503'))
    await settled()
    send(stream, 2)
    expect([told, errors, client.stale]).toEqual([['stale', 1, 2], [new Error('503')], true])
    clock.advance(749)
    expect(loads).toHaveLength(1)
    clock.advance(1)
    const second = await load(2)
    send(stream, 3)
    second.resolve('e-2')
    await settled()
    expect(told).toEqual(['stale', 1, 2, 3, 'fresh'])
  })

  it('that fails is tried again at the next opening', async () => {
    const { clock, load, loads, open } = await setUp({ backoff: { base: 100 } })
    const stream = await open('e-0')
    ;(await load(1)).reject(new Error('503'))
    await settled()
    stream.lose()
    clock.advance(100)
    expect(loads).toHaveLength(1)
    await open('e-0', true, 2)
    await load(2)
  })

  it('that hangs: it is aborted, what was held is told, and it is tried again', async () => {
    const { client, clock, errors, load, open, told } = await setUp()
    const stream = await open('e-0')
    const first = await load(1)
    send(stream, 1)
    clock.advance(30_000)
    expect([first.signal.aborted, told, client.stale]).toEqual([true, ['stale', 1], true])
    expect(String(errors)).toContain('30000 ms')
    clock.advance(750)
    const second = await load(2)
    // It ignored its signal, and the app shows something older now.
    second.resolve('e-1')
    await settled()
    first.resolve('e-0')
    const third = await load(3)
    third.resolve('e-1')
    await settled()
    expect([told, client.stale]).toEqual([['stale', 1, 'fresh', 'stale', 'fresh'], false])
  })

  it.each([
    ['events', 10_001, (number: number) => String(number)],
    ['bytes', 16, () => JSON.stringify('x'.repeat(1024 * 1024))],
  ])('holds a bounded number of %s, and resumes from its position then', async (_, count, dataOf) => {
    const { load, open, source, told } = await setUp()
    const stream = await open('e-0')
    const first = await load(1)
    for (let number = 1; number <= count; number++) {
      expect(told.length).toBe(1)
      stream.send('tick', dataOf(number), `e-${number}`)
    }
    expect(told.length).toBe(1 + count)
    first.resolve('e-5')
    await source(2)
    const second = await open('e-5', true, 2)
    send(second, 6)
    expect(told.slice(-2)).toEqual(['fresh', 6])
  })

  it('belongs to its life: what was held is sent again to the next one', async () => {
    const { client, load, open, source, told } = await setUp()
    const stream = await open('e-0')
    const first = await load(1)
    send(stream, 1)
    client.close()
    expect(first.signal.aborted).toBe(true)
    client.connect()
    const next = await source(2)
    expect(next.url.searchParams.get('lastEventId')).toBe('e-0')
    await open('e-0', true, 2)
    ;(await load(2)).resolve('e-1')
    send(next, 1, 2)
    await settled()
    expect(told).toEqual(['stale', 2, 'fresh'])
  })

  it('is called where the server announces nothing', async () => {
    const { clock, load, source, told } = await setUp()
    const stream = await source()
    stream.open()
    send(stream, 1)
    clock.advance(1000)
    ;(await load(1)).resolve(undefined)
    send(stream, 2)
    await settled()
    expect(told).toEqual([1, 'stale', 2, 'fresh'])
  })

  it('does not wait for an event whose schema was still waiting when it began', async () => {
    const waiting = Promise.withResolvers<{ value: unknown }>()
    const validate = () => waiting.promise
    const tick = { '~standard': { version: 1, vendor: 'test', validate } } as const
    const { load, open, told } = await setUp({ lastEventId: 'e-0', events: { tick } } as SseClientOptions)
    const stream = await open('e-0', true)
    send(stream, 1)
    stream.send('sse.gap', '{"reason":"trimmed"}', 'e-7')
    waiting.resolve({ value: 'checked' })
    ;(await load(1)).resolve('e-7')
    await settled()
    expect(told).toEqual(['checked', 'trimmed', 'stale', 'fresh'])
  })
})

describe('with share', () => {
  const group = { share: { key: 'resync' } }

  it('the only tab resumes from a position behind the stream, by a new connection', async () => {
    vi.stubGlobal('location', new URL('http://a.example/'))
    const { client, load, open, source, told } = await setUp({ share: { key: 'alone' } })
    await open('e-5')
    ;(await load(1)).resolve('e-3')
    const second = await source(2)
    expect(second.url.searchParams.get('lastEventId')).toBe('e-3')
    await open('e-3', true, 2)
    send(second, 4)
    await vi.waitUntil(() => told.length === 3)
    expect([told, client.stale]).toEqual([['stale', 'fresh', 4], false])
  })

  it('each tab loads for itself, and resumes from its own position', async () => {
    vi.stubGlobal('location', new URL('http://a.example/'))
    const { EventSource, sources } = scriptEventSource()
    const first = await setUp({ ...group, EventSource })
    await vi.waitUntil(() => sources.length === 1)
    const stream = sources[0]!
    stream.open()
    stream.send('sse.open', '{"stream":"s","heartbeat":0,"resumed":null}', 'e-5')
    ;(await first.load(1)).resolve('e-5')
    await settled()
    send(stream, 6)
    expect(first.told).toEqual(['stale', 'fresh', 6])
    const second = await setUp({ ...group, EventSource })
    const load = await second.load(1)
    send(stream, 7)
    load.resolve('e-5')
    // The leader has what comes after it, so there is no other connection.
    await vi.waitUntil(() => second.told.length === 4)
    expect(second.told).toEqual(['stale', 'fresh', 6, 7])
    expect(sources).toHaveLength(1)
    send(stream, 8)
    await vi.waitUntil(() => second.told.length === 5)
    expect(first.told).toEqual(['stale', 'fresh', 6, 7, 8])
  })
})
