import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createHub } from '../hub/hub.ts'
import type { Hub } from '../hub/types.ts'
import { createStream } from './create-stream.ts'
import { opening } from './opening.test-kit.ts'
import { RecordingTransport } from './recording-transport.test-kit.ts'
import type { SseStream, StreamEvent } from './sse-stream.ts'

async function hubWith(count: number, options = {}) {
  const hub = createHub(options)
  await hub.ready
  const ids = [hub.position]
  for (let n = 1; n <= count; n++) ids.push((await hub.publish('a', `${n}`)).id)
  return { hub, ids }
}

async function opened(hub: Hub, options = {}) {
  const transport = new RecordingTransport()
  const stream = hub.stream(transport, options).subscribe('a')
  await opening()
  return { transport, stream }
}

const control = (transport: RecordingTransport) => JSON.parse(transport.events('sse.open')[0]!.data)

describe('opening a stream', () => {
  it('begins with a comment and retry, then sse.open with the head, so that a client that received no event can resume', async () => {
    const { hub, ids } = await hubWith(2, { random: () => 0.5, heartbeat: 20_000 })
    const { transport, stream } = await opened(hub)
    const [comment, retry, open] = transport.items
    expect(comment).toMatchObject({ type: 'comment' })
    expect(retry).toMatchObject({ retry: 2_000 })
    expect(open).toMatchObject({ event: 'sse.open', id: ids[2] })
    expect(control(transport)).toEqual({ stream: stream.id, heartbeat: 20_000, resumed: null })
    expect(stream.id).toMatch(/^[\w-]{8}\.[\w-]{22}$/)
  })

  it('closes the connection when the response cannot be started and would stay without an answer', async () => {
    const errors: unknown[] = []
    const { hub } = await hubWith(0, { onError: (error: unknown) => errors.push(error) })
    const transport = new RecordingTransport()
    const broken = new Error('broken')
    transport.open = () => {
      throw broken
    }
    const stream = hub.stream(transport).subscribe('a')
    await opening()
    expect([stream.closed, transport.state, errors]).toEqual([true, 'destroyed', [broken]])
  })

  it('waits for the end of the turn, so that all channels share the cursor', async () => {
    const { hub, ids } = await hubWith(1)
    await hub.publish('b', 'other')
    const transport = new RecordingTransport()
    const stream = hub.stream(transport, { lastEventId: ids[0] }).subscribe('a')
    expect(transport.state).toBe('idle')
    stream.subscribe('b')
    await opening()
    expect(transport.data('message')).toEqual(['1', 'other'])
  })

  it('calls the app in the async context of the request, also if several streams open in one turn', async () => {
    const request = new AsyncLocalStorage<string>()
    const called: unknown[] = []
    const { hub } = await hubWith(0, {
      onStream: ({ type, stream }: StreamEvent) => called.push([type, stream.key, request.getStore()]),
    })
    const authorize = async (channel: string) => {
      called.push(['authorize', channel, request.getStore()])
      return true
    }
    for (const name of ['first', 'second', 'third']) {
      const asked = name === 'third' ? { names: [name], authorize } : undefined
      const open = () => hub.stream(new RecordingTransport(), { key: name, asked }).subscribe([])
      request.run(name, open)
    }
    await vi.waitFor(() => expect(hub.streams.size).toBe(3))
    expect(called).toEqual([
      ['open', 'first', 'first'],
      ['open', 'second', 'second'],
      ['authorize', 'third', 'third'],
      ['open', 'third', 'third'],
    ])
  })

  it('delivers what is published after the first subscribe, also in the same turn', async () => {
    const { hub } = await hubWith(1)
    const transport = new RecordingTransport()
    hub.stream(transport).subscribe('a')
    await hub.publish('a', '2')
    await opening()
    expect(transport.data('message')).toEqual(['2'])
  })

  it('needs no hub for send, comment and close', () => {
    const transport = new RecordingTransport()
    const stream = createStream(transport)
    expect(stream.send({ now: 1 }, { event: 'tick', id: 5 })).toBe(true)
    stream.comment('still here')
    stream.close()
    expect(transport.events('tick')).toMatchObject([{ data: '{"now":1}', id: '5' }])
    expect(transport.events('sse.open')).toEqual([])
    expect(transport.state).toBe('ended')
  })

  it('throws an error that says what to do when channels are used without a hub', () => {
    expect(() => createStream(new RecordingTransport()).subscribe('a')).toThrow(
      /sse\(\{ hub: createHub\(\) \}\)/,
    )
  })

  it('waits for a broker that has not started', async () => {
    const hub = createHub()
    const { transport } = await opened(hub)
    await hub.publish('a', 'x')
    expect(transport.data('message')).toEqual(['x'])
  })
})

describe('resuming', () => {
  it('replays the events after the cursor, then continues live, without loss or repetition', async () => {
    const { hub, ids } = await hubWith(5)
    const { transport } = await opened(hub, { lastEventId: ids[2] })
    await hub.publish('a', '6')
    expect(transport.data('message')).toEqual(['3', '4', '5', '6'])
    expect(transport.events('sse.open')[0]).toMatchObject({ id: ids[2] })
    expect(control(transport).resumed).toBe(true)
  })

  it('uses `since` only if the client sent no cursor', async () => {
    const { hub, ids } = await hubWith(3)
    const fresh = new RecordingTransport()
    hub.stream(fresh).subscribe('a', { since: ids[2]! })
    const returning = new RecordingTransport()
    hub.stream(returning, { lastEventId: ids[1] }).subscribe('a', { since: ids[3]! })
    await opening()
    expect(fresh.data('message')).toEqual(['3'])
    expect(returning.data('message')).toEqual(['2', '3'])
  })

  it('sends a gap when the log no longer has the cursor, and then the entries that it still has', async () => {
    const { hub, ids } = await hubWith(5, { window: { entries: 2 } })
    const { transport } = await opened(hub, { lastEventId: ids[1] })
    await hub.publish('a', '6')
    expect(transport.events().map((event) => event.event)).toEqual([
      'sse.open',
      'sse.gap',
      'message',
      'message',
      'message',
    ])
    expect(control(transport).resumed).toBe(false)
    expect(transport.events('sse.gap')).toMatchObject([
      { id: ids[3], data: JSON.stringify({ reason: 'trimmed', requested: ids[1] }) },
    ])
    expect(transport.data('message')).toEqual(['4', '5', '6'])
    expect(hub.stats().gaps).toBe(1)
  })

  it('sends a gap for a cursor of a log that no longer exists', async () => {
    const gone = await hubWith(1)
    const { hub, ids } = await hubWith(1)
    const { transport } = await opened(hub, { lastEventId: gone.ids[1] })
    expect(JSON.parse(transport.events('sse.gap')[0]!.data)).toEqual({
      reason: 'forked',
      requested: gone.ids[1],
    })
    expect(transport.data('message')).toEqual(['1'])
    expect(transport.events('message')[0]!.id).toBe(ids[1])
  })

  it.each(['garbage', 'with space', '한글', 'x'.repeat(65), '0'])(
    'never echoes %j, which is no cursor, into an id',
    async (lastEventId) => {
      const { hub, ids } = await hubWith(1)
      const { transport } = await opened(hub, { lastEventId })
      expect(transport.events('sse.open')[0]).toMatchObject({ id: '' })
      expect(transport.events('sse.gap')).toMatchObject([
        { id: ids[1], data: JSON.stringify({ reason: 'unknown', requested: lastEventId }) },
      ])
      await hub.publish('a', '2')
      expect(transport.data('message')).toEqual(['2'])
    },
  )
})

describe('a client that takes nothing', () => {
  it('gets nothing more until it drains, then everything from the log, once and in order', async () => {
    const { hub } = await hubWith(0)
    const { transport } = await opened(hub)
    transport.fill()
    for (let n = 1; n <= 5; n++) await hub.publish('a', `${n}`)
    expect(transport.data('message')).toEqual(['1'])
    transport.drain()
    expect(transport.data('message')).toEqual(['1', '2', '3', '4', '5'])
    await hub.publish('a', '6')
    expect(transport.data('message')).toEqual(['1', '2', '3', '4', '5', '6'])
  })

  it('gets a gap when the log no longer has its position', async () => {
    const { hub } = await hubWith(0, { window: { entries: 2 } })
    const { transport } = await opened(hub)
    transport.fill()
    for (let n = 1; n <= 5; n++) await hub.publish('a', `${n}`)
    transport.drain()
    await opening()
    expect(transport.data('message')).toEqual(['1', '4', '5'])
    expect(transport.events('sse.gap')).toHaveLength(1)
  })
})

describe('a client that does not read the events of `send`', () => {
  const clock = ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] as const
  beforeEach(() => vi.useFakeTimers({ toFake: [...clock] }))
  afterEach(() => vi.useRealTimers())

  it('is disconnected when more than `maxUnread` bytes were sent over a second ago', async () => {
    const { hub } = await hubWith(0)
    const { transport, stream } = await opened(hub, { maxUnread: 1_000 })
    transport.fill()
    expect(stream.send('x'.repeat(400))).toBe(false)
    expect(stream.closed).toBe(false)
    expect(stream.send('x'.repeat(700))).toBe(false)
    vi.advanceTimersByTime(900)
    expect(stream.closed).toBe(false)
    vi.advanceTimersByTime(2_000)
    expect(stream.closed).toBe(true)
    expect(transport.state).toBe('destroyed')
    expect(stream.signal.reason).toMatchObject({ name: 'AbortError', code: 'overflow' })
  })

  it('is not disconnected for the events of one turn, as long as it reads them', async () => {
    const { hub } = await hubWith(0)
    const { transport, stream } = await opened(hub, { maxUnread: 1_000 })
    transport.fill()
    for (let second = 0; second < 10; second++) {
      for (let n = 0; n < 10; n++) stream.send('x'.repeat(1_000))
      vi.advanceTimersByTime(1_000)
      transport.drain()
      transport.fill()
    }
    expect(stream.closed).toBe(false)
  })

  it('is not disconnected for a single event, however large', async () => {
    const { hub } = await hubWith(0)
    const { transport, stream } = await opened(hub, { maxUnread: 1_000, stall: Number.POSITIVE_INFINITY })
    transport.fill()
    stream.send('x'.repeat(7_000_000))
    vi.advanceTimersByTime(60_000)
    stream.send('small')
    vi.advanceTimersByTime(60_000)
    expect(stream.closed).toBe(false)
    for (let n = 0; n < 3; n++) stream.send('x'.repeat(500))
    vi.advanceTimersByTime(60_000)
    expect(stream.signal.reason).toMatchObject({ code: 'overflow' })
  })
})

describe('the heartbeat', () => {
  it('sends the position to a stream at the head, even if its channels are quiet, and a comment to other streams', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { hub, ids } = await hubWith(0, { heartbeat: 16_000 })
    const { transport } = await opened(hub)
    const beside = new RecordingTransport()
    hub.stream(beside).send('hello')
    const { id } = await hub.publish('other', 'x')
    vi.advanceTimersByTime(16_000)
    expect(transport.events('sse.ping')).toMatchObject([{ id, data: '' }])
    expect(id).not.toBe(ids[0])
    expect(beside.events('sse.ping')).toEqual([])
    expect(beside.items.filter((item) => item.type === 'comment')).toHaveLength(2)
    vi.useRealTimers()
  })

  it('sends nothing to a client that is behind', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { hub } = await hubWith(0, { heartbeat: 16_000 })
    const { transport, stream } = await opened(hub)
    transport.fill()
    stream.send('x')
    vi.advanceTimersByTime(16_000)
    expect(transport.events('sse.ping')).toEqual([])
    vi.useRealTimers()
  })

  it('stops its timer with the last stream', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { hub } = await hubWith(0)
    const { transport } = await opened(hub)
    expect(vi.getTimerCount()).toBe(1)
    transport.leave()
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })
})

describe('a client that takes nothing', () => {
  async function full(options: { heartbeat?: number; stall?: number }) {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] })
    const { hub } = await hubWith(0, { heartbeat: options.heartbeat ?? 0 })
    const { transport, stream } = await opened(hub, { stall: options.stall ?? 20_000 })
    transport.fill()
    stream.send('x'.repeat(1000))
    return { transport, stream }
  }

  afterEach(() => vi.useRealTimers())

  it.each([0, 16_000])('is disconnected after `stall`, whatever the heartbeat: %i', async (heartbeat) => {
    const { transport, stream } = await full({ heartbeat })
    vi.advanceTimersByTime(20_000)
    expect(stream.closed).toBe(false)
    vi.advanceTimersByTime(5_000)
    expect(stream.signal.reason).toMatchObject({ name: 'AbortError', code: 'stalled' })
    expect(transport.state).toBe('destroyed')
  })

  it('stays connected as long as it reads a little, even if more is sent than it reads', async () => {
    const { transport, stream } = await full({})
    for (let n = 0; n < 10; n++) {
      vi.advanceTimersByTime(14_000)
      transport.pending -= 10
      stream.send('x'.repeat(100))
    }
    expect(stream.closed).toBe(false)
    vi.advanceTimersByTime(25_000)
    expect(stream.closed).toBe(true)
  })

  it('is never disconnected with `stall: Infinity`, and leaves no timer behind', async () => {
    const { transport } = await full({ stall: Number.POSITIVE_INFINITY })
    expect(vi.getTimerCount()).toBe(0)
    transport.leave()
    const other = await full({})
    other.transport.leave()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('channels of an open stream', () => {
  it('are joined at the position of the stream, without replay', async () => {
    const { hub } = await hubWith(0)
    const { transport, stream } = await opened(hub)
    const early = hub.publish('b', 'before')
    stream.subscribe('b')
    await early
    await hub.publish('b', 'after')
    expect(transport.data('message')).toEqual(['after'])
  })

  it('deliver nothing after unsubscribe', async () => {
    const { hub } = await hubWith(0)
    const { transport, stream } = await opened(hub)
    await hub.publish('a', '1')
    stream.unsubscribe(['a', 'never joined'])
    await hub.publish('a', '2')
    expect(transport.data('message')).toEqual(['1'])
    expect(stream.channels.size).toBe(0)
  })
})

describe('send', () => {
  it('refuses an id on a subscribed stream, where ids are positions', async () => {
    const { hub } = await hubWith(0)
    const { stream } = await opened(hub)
    expect(() => stream.send('x', { id: '1' })).toThrow(
      expect.objectContaining({ code: 'id-on-subscribed-stream', value: '1' }),
    )
  })

  it('throws at the call for a newline in an event name, and writes nothing', () => {
    const transport = new RecordingTransport()
    const stream = createStream(transport)
    expect(() => stream.send('x', { event: 'a\nb' })).toThrow(
      expect.objectContaining({ name: 'SseError', code: 'invalid-event' }),
    )
    expect(transport.state).toBe('idle')
    stream.close({ reconnect: false })
  })

  it('answers false after the client left, and throws nothing', () => {
    const transport = new RecordingTransport()
    const stream = createStream(transport)
    stream.send('x')
    transport.leave()
    expect(stream.send('y')).toBe(false)
    expect(stream.comment()).toBe(false)
    stream.close()
    expect(stream.signal.reason).toMatchObject({ name: 'AbortError', code: 'client' })
  })
})

describe('close', () => {
  it('tells the client when to reconnect', () => {
    const transport = new RecordingTransport()
    const stream = createStream(transport)
    stream.send('x')
    stream.close({ reconnect: 5_000 })
    expect(transport.events('sse.close')).toMatchObject([
      { data: '{"reconnect":5000,"reason":"closed"}', retry: 5_000, id: '' },
    ])
  })

  it('answers 204 if the stream is not open and the client should not reconnect', () => {
    const transport = new RecordingTransport()
    createStream(transport).close({ reconnect: false })
    expect(transport.state).toBe('refused')
  })

  describe('close with pending bytes', () => {
    async function closing(close: (stream: SseStream, hub: Hub) => void) {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const { hub } = await hubWith(0, { heartbeat: 0 })
      const { transport, stream } = await opened(hub, { stall: 20_000 })
      transport.fill()
      stream.send('x'.repeat(100_000))
      close(stream, hub)
      return transport
    }

    afterEach(() => vi.useRealTimers())

    it('gives the client time to read them', async () => {
      const transport = await closing((stream) => stream.close({ reconnect: 1_000 }))
      expect(transport.state).toBe('ended')
      expect(transport.events('sse.close')).toHaveLength(1)
      for (let n = 0; n < 10; n++) {
        vi.advanceTimersByTime(15_000)
        transport.pending -= 1_000
      }
      expect(transport.state).toBe('ended')
      transport.leave()
      expect(vi.getTimerCount()).toBe(0)
    })

    it('disconnects a client that reads nothing for `stall`', async () => {
      const transport = await closing((stream) => stream.close())
      vi.advanceTimersByTime(25_000)
      expect(transport.state).toBe('destroyed')
    })

    it('waits at most a second when the server shuts down, because the events of the log can be replayed', async () => {
      const transport = await closing((_, hub) => void hub.close())
      vi.advanceTimersByTime(999)
      expect(transport.state).toBe('ended')
      vi.advanceTimersByTime(1)
      expect(transport.state).toBe('destroyed')
    })
  })

  it('happens when the credentials expire', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const hub = createHub({ heartbeat: 0 })
    const transport = new RecordingTransport()
    const stream = hub.stream(transport)
    stream.subscribe('a', { expires: new Date(Date.now() + 90_000) })
    stream.subscribe('b', { expires: new Date(Date.now() + 60_000) })
    await opening()
    vi.advanceTimersByTime(59_999)
    expect(stream.closed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(stream.signal.reason).toMatchObject({ name: 'AbortError', code: 'expired' })
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('happens at the next heartbeat when the clock has jumped past the expiry, with a time to reconnect', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    let now = 1_000_000
    const hub = createHub({ heartbeat: 16_000, now: () => now })
    const transport = new RecordingTransport()
    const stream = hub.stream(transport).subscribe('a', { expires: new Date(now + 3_600_000) })
    await opening()
    now += 3_600_001
    vi.advanceTimersByTime(16_000)
    expect(stream.signal.reason).toMatchObject({ code: 'expired' })
    const [close] = transport.events('sse.close')
    expect(close?.retry).toBeGreaterThanOrEqual(250)
    vi.useRealTimers()
  })
})
