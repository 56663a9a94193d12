import { describe, expect, it, vi } from 'vitest'
import { setUp, setUpOpen, take } from '../test/client.ts'
import { createSseClient, SseError } from './index.ts'

describe('a client', () => {
  it('does nothing before it is told to connect', async () => {
    const { client, server, states } = await setUp()
    expect(client.state).toEqual({ status: 'idle' })
    expect([server.waiting, states]).toEqual([0, []])
  })

  it('tells its way from idle to open, and to closed', async () => {
    const { client, clock, states, stream } = await setUpOpen()
    client.close()
    await stream.closed
    expect(states).toEqual([
      { status: 'connecting', attempt: 0 },
      { status: 'open', openedAt: clock.now() },
      { status: 'closed', reason: 'closed' },
    ])
    expect(clock.timers).toEqual([])
  })

  it('asks for an event stream, and says that it can bear a problem', async () => {
    const { client, server } = await setUp()
    client.connect()
    const { method, headers } = await server.next()
    expect(method).toBe('GET')
    expect(headers.accept).toBe('text/event-stream, application/problem+json')
    expect(headers['last-event-id']).toBeUndefined()
  })

  it('connects once, however often it is told to', async () => {
    const { client, server, reach } = await setUp()
    client.connect()
    client.connect()
    const stream = await server.next()
    stream.open()
    await reach('open')
    client.connect({ lastEventId: 'other' })
    expect([client.lastEventId, server.waiting]).toEqual(['', 0])
  })

  it('refuses a relative URL where there is no page', () => {
    expect(() => createSseClient('/events')).toThrow(SseError)
  })

  it.each([
    { backoff: { base: -1 } },
    { backoff: { max: Number.NaN } },
    { maxAttempts: -1 },
    { watchdog: -1 },
    { connectTimeout: 0 },
    { maxEventBytes: 0 },
    { polls: { after: -1 } },
  ])('refuses %j', (options) => {
    expect(() => createSseClient('http://localhost', options)).toThrow(SseError)
  })
})

describe('listening', () => {
  it('hears events by name, with their data and id, and messages without a name', async () => {
    const { client, server } = await setUp()
    const heard: unknown[] = []
    client.on('notification', (data, { event, id }) => heard.push([event, data, id]))
    client.on('message', (data, { event, id }) => heard.push([event, data, id]))
    client.connect()
    const last = take(client, 'message', 2)
    const stream = await server.next()
    stream.open()
    stream.send({ event: 'notification', data: { title: 'Hi' }, id: '1' })
    stream.send({ data: 'plain' })
    stream.send({ event: 'unheard', data: 'x', id: '2' })
    stream.send({ data: '', id: '3' })
    await last
    expect(heard).toEqual([
      ['notification', { title: 'Hi' }, '1'],
      ['message', 'plain', '1'],
      ['message', '', '3'],
    ])
  })

  it('is told of events that nobody listens for, by their names', async () => {
    const { client, server } = await setUp()
    const unhandled = take(client, 'sse.unhandled', 2)
    client.on('tick', () => {})
    client.connect()
    const stream = await server.next()
    stream.open()
    stream.send({ event: 'tick', data: 1 })
    stream.send({ event: 'tock', data: 2 })
    stream.send({ event: 'sse.ping', data: '', id: '1' })
    stream.send({ data: 3 })
    expect(await unhandled).toEqual([{ event: 'tock' }, { event: 'message' }])
  })

  it('begins and ends at any time, and outlives the connection', async () => {
    const { client, server } = await setUpOpen()
    const heard = vi.fn()
    const off = client.on('tick', heard)
    client.reconnect()
    const second = await server.next()
    second.open()
    const ticked = take(client, 'tick', 1)
    second.send({ event: 'tick', data: 1 })
    await ticked
    off()
    const again = take(client, 'tick', 1)
    second.send({ event: 'tick', data: 2 })
    await again
    expect(heard.mock.calls.map(([data]) => data)).toEqual([1])
  })

  it('hears messages that a server names open and error, and takes them for nothing else', async () => {
    const { client, server, states, reach } = await setUp()
    client.connect()
    const heard = vi.fn()
    client.on('open', heard)
    client.on('error', heard)
    const stream = await server.next()
    stream.open()
    await reach('open')
    const last = take(client, 'error', 1)
    stream.send({ event: 'open', data: 'a' })
    stream.send({ event: 'error', data: 'b' })
    await last
    expect(heard.mock.calls.map(([data]) => data)).toEqual(['a', 'b'])
    expect(states.map(({ status }) => status)).toEqual(['connecting', 'open'])
  })

  it('goes on after a listener that throws', async () => {
    const onError = vi.fn()
    const { client, server } = await setUp({ onError })
    client.connect()
    const off = client.on('tick', () => {
      throw new Error('from the app')
    })
    const ticks = take(client, 'tick', 2)
    const stream = await server.next()
    stream.open()
    stream.send({ event: 'tick', data: 1 })
    stream.send({ event: 'tick', data: 2 })
    expect(await ticks).toEqual([1, 2])
    expect(onError).toHaveBeenCalledTimes(2)
    expect(onError).toHaveBeenCalledWith(new Error('from the app'), { event: 'tick' })
    off()
  })

  it('lets a listener close the client, and hears nothing after it', async () => {
    const { client, server, reach } = await setUp()
    const heard: unknown[] = []
    client.on('tick', (data) => {
      heard.push(data)
      client.close()
    })
    client.connect()
    const stream = await server.next()
    stream.open('event: tick\ndata: 1\n\nevent: tick\ndata: 2\n\n')
    await reach('closed')
    await stream.closed
    expect(heard).toEqual([1])
  })
})

describe('data', () => {
  it('that cannot be read as JSON is told as sse.invalid, and the stream lives on', async () => {
    const { client, server, reach } = await setUp({ parse: { tick: 'json' } })
    const heard = vi.fn()
    client.on('tick', heard)
    client.connect()
    const invalid = take(client, 'sse.invalid', 1)
    const good = take(client, 'tock', 1)
    const stream = await server.next()
    stream.open()
    stream.send({ event: 'tick', data: '{', id: '1' })
    stream.send({ event: 'tock', data: '{' })
    expect(await invalid).toEqual([
      { event: 'tick', data: '{', issues: [{ message: expect.stringContaining('JSON') }] },
    ])
    expect(await good).toEqual(['{'])
    expect(heard).not.toHaveBeenCalled()
    expect((await reach('open')).status).toBe('open')
    expect(client.lastEventId).toBe('1')
  })

  it('goes through a function, whose error is sse.invalid as well', async () => {
    const parse = (text: string) => {
      if (text === 'bad') throw new Error('I know that one')
      return text.toUpperCase()
    }
    const { client, server } = await setUp({ parse })
    client.connect()
    const invalid = take(client, 'sse.invalid', 1)
    const good = take(client, 'tick', 1)
    const stream = await server.next()
    stream.open('event: tick\ndata: bad\n\nevent: tick\ndata: good\n\n')
    expect(await good).toEqual(['GOOD'])
    expect(await invalid).toEqual([{ event: 'tick', data: 'bad', issues: [{ message: 'I know that one' }] }])
  })
})

describe('control events', () => {
  it('are handed on', async () => {
    const { client, server } = await setUp()
    const told: unknown[] = []
    client.on('sse.open', (data, { id }) => told.push([data, id]))
    client.on('sse.gap', (data, { id }) => told.push([data, id]))
    client.on('sse.channels', (data, { id }) => told.push([data, id]))
    client.connect({ lastEventId: '3' })
    const last = take(client, 'sse.channels', 1)
    const stream = await server.next()
    stream.open()
    stream.send({ event: 'sse.open', data: { stream: 's', heartbeat: 15_000, resumed: false }, id: '3' })
    stream.send({ event: 'sse.gap', data: { reason: 'trimmed', requested: '3' }, id: '9' })
    stream.send({ event: 'sse.channels', data: { channels: ['a'], refused: ['b'] }, id: '9' })
    await last
    expect(told).toEqual([
      [{ stream: 's', heartbeat: 15_000, resumed: false }, '3'],
      [{ reason: 'trimmed', requested: '3' }, '9'],
      [{ channels: ['a'], refused: ['b'] }, '9'],
    ])
  })

  it('that only the client tells cannot come from a server', async () => {
    const { client, server, states } = await setUp()
    const invalid = vi.fn()
    client.on('sse.invalid', invalid)
    client.connect()
    const last = take(client, 'message', 1)
    const stream = await server.next()
    stream.open()
    stream.send({ event: 'sse.state', data: { status: 'closed' } })
    stream.send({ event: 'sse.invalid', data: {} })
    stream.send({ data: 'end' })
    await last
    expect(states.map(({ status }) => status)).toEqual(['connecting', 'open'])
    expect(invalid).not.toHaveBeenCalled()
  })

  it('with bad data throw nothing', async () => {
    const { client, server } = await setUp()
    client.connect()
    const gap = take(client, 'sse.gap', 1)
    const last = take(client, 'message', 1)
    const stream = await server.next()
    stream.open()
    for (const event of ['sse.open', 'sse.gap', 'sse.channels', 'sse.ping', 'sse.close']) {
      stream.send({ event, data: '{"stream":[' })
    }
    stream.send({ data: 'end' })
    await last
    expect(await gap).toEqual([{ reason: 'unknown', requested: '' }])
    expect(client.state.status).toBe('open')
  })
})

describe('the cursor', () => {
  it('travels as Last-Event-ID over every connection, control events included', async () => {
    const { client, server } = await setUp({ lastEventId: '1' })
    client.connect()
    const first = await server.next()
    expect(first.headers['last-event-id']).toBe('1')
    expect(first.url.search).toBe('')
    first.open()
    const opened = take(client, 'sse.open', 1)
    first.send({ event: 'sse.open', data: {}, id: '2' })
    await opened
    client.reconnect()
    const second = await server.next()
    expect(second.headers['last-event-id']).toBe('2')
    second.open()
    const marked = take(client, 'message', 1)
    second.send({ event: 'sse.ping', data: '', id: '3' })
    second.send({ data: 'without an id' })
    await marked
    expect(client.lastEventId).toBe('3')
    client.close()
    client.connect()
    expect((await server.next()).headers['last-event-id']).toBe('3')
  })

  it('is kept by a connection whose events carry no id', async () => {
    const { client, server } = await setUp({ lastEventId: '7' })
    client.connect()
    const stream = await server.next()
    stream.open()
    const ids: string[] = []
    client.on('tick', (_, { id }) => ids.push(id))
    const ticked = take(client, 'tick', 1)
    stream.send({ event: 'tick', data: 1 })
    await ticked
    expect([client.lastEventId, ids]).toEqual(['7', ['7']])
  })

  it('is reset by an empty id', async () => {
    const { client, server } = await setUp()
    client.connect()
    const stream = await server.next()
    stream.open()
    const ticked = take(client, 'tick', 2)
    stream.send({ event: 'tick', data: 1, id: '7' })
    stream.send({ event: 'tick', data: 2, id: '' })
    await ticked
    client.reconnect()
    expect((await server.next()).headers['last-event-id']).toBeUndefined()
  })

  it('is what the app gives to connect', async () => {
    const { client, server } = await setUp({ lastEventId: 'old' })
    client.connect({ lastEventId: 'new' })
    expect((await server.next()).headers['last-event-id']).toBe('new')
  })

  it('travels as UTF-8, and the header is bytes', async () => {
    const { client, server } = await setUp({ lastEventId: '…é' })
    client.connect()
    const header = (await server.next()).headers['last-event-id'] as string
    expect(Buffer.from(header, 'latin1').toString()).toBe('…é')
  })

  it('already counts the event that a listener is handling', async () => {
    const { client, server } = await setUp()
    client.on('tick', () => client.reconnect())
    client.connect()
    const stream = await server.next()
    stream.open('event: tick\nid: 5\ndata: 1\n\n')
    expect((await server.next()).headers['last-event-id']).toBe('5')
  })
})

describe('headers', () => {
  it('are asked for before every attempt', async () => {
    let token = 0
    const headers = async () => ({ Authorization: `Bearer ${++token}` })
    const { client, server } = await setUp({ headers })
    client.connect()
    expect((await server.next()).headers.authorization).toBe('Bearer 1')
    client.reconnect()
    expect((await server.next()).headers.authorization).toBe('Bearer 2')
  })

  it('that cannot be had count as a failed attempt', async () => {
    const headers = vi.fn().mockRejectedValueOnce(new DOMException('token', 'AbortError')).mockReturnValue({})
    const { client, server, clock, reach } = await setUp({ headers })
    client.connect()
    const { error } = await reach('waiting')
    expect(error).toMatchObject({ code: 'network', message: expect.stringContaining('token') })
    clock.advance(1000)
    await server.next()
  })

  it('are refused with an EventSource that cannot send them', () => {
    class Native extends EventTarget {
      readonly readyState = 0
      close() {}
    }
    const options = { EventSource: Native, headers: {} }
    expect(() => createSseClient('http://localhost', options)).toThrow('cannot send `headers`')
  })
})
