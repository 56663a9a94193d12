import { type SseServerOptions, startBufferingProxy, startSseServer } from '@sse/testbed/sse-server'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { reach, setUp, setUpOpen, take } from '../../test/client.ts'
import { createSseClient, type SseClientOptions } from '../index.ts'
import { createTestClock } from '../testing/index.ts'

/** A client behind a proxy that holds streams back, in front of a real server. */
async function behindProxy(options: SseClientOptions = {}, serverOptions: SseServerOptions = {}) {
  const server = await startSseServer(serverOptions)
  const proxy = await startBufferingProxy(server)
  const clock = createTestClock()
  const client = createSseClient(proxy.url, { clock, ...options })
  onTestFinished(() => client.close())
  const polls = () => server.requests.filter(({ accept }) => accept?.startsWith('application/json'))
  const streams = () => server.requests.filter(({ accept }) => accept?.startsWith('text/event-stream'))
  return { server, proxy, clock, client, polls, streams }
}

/** The client has asked for a stream, heard nothing for ten seconds, and polls. */
async function polling(options: SseClientOptions = {}, serverOptions: SseServerOptions = {}) {
  const bed = await behindProxy(options, serverOptions)
  const opened = take(bed.client, 'sse.open', 1)
  bed.client.connect()
  await vi.waitFor(() => expect(bed.streams()).toHaveLength(1))
  bed.clock.advance(10_000)
  await opened
  await vi.waitFor(() => expect(bed.server.hub.streams.size).toBeGreaterThan(0))
  return bed
}

describe.each([
  ['the body', false],
  ['the head and the body', true],
])('behind a proxy that holds back %s', (_, buffersHead) => {
  it('polls the same URL, and hears every event', async () => {
    const { client, clock, proxy, server, polls, streams } = await behindProxy()
    proxy.buffersHead = buffersHead
    const opened = take(client, 'sse.open', 1)
    client.connect()
    await vi.waitFor(() => expect(streams()).toHaveLength(1))
    expect(polls()).toEqual([])
    clock.advance(10_000)
    expect(await opened).toEqual([{ stream: '', heartbeat: 25_000, resumed: null }])
    expect(client.state.status).toBe('open')
    const ids = Array.from({ length: 20 }, (_, n) => n)
    const heard = take(client, 'tick', 20)
    for (const n of ids) await server.hub.publish('news', { n, text: 'a\nb' }, { event: 'tick' })
    expect(await heard).toEqual(ids.map((n) => ({ n, text: 'a\nb' })))
    expect(client.lastEventId).toBe(server.hub.position)
    expect(streams()).toHaveLength(1)
  })
})

describe('polls', () => {
  it('go on from the cursor that the client had', async () => {
    const { server, client, clock, streams } = await behindProxy()
    const { id } = await server.hub.publish('news', 1, { event: 'tick' })
    await server.hub.publish('news', 2, { event: 'tick' })
    const opened = take(client, 'sse.open', 1)
    const ticks = take(client, 'tick', 1)
    client.connect({ lastEventId: id })
    await vi.waitFor(() => expect(streams()).toHaveLength(1))
    clock.advance(10_000)
    expect(await opened).toMatchObject([{ resumed: true }])
    expect(await ticks).toEqual([2])
  })

  it('end when a listener of the first answer closes the client', async () => {
    const { server, client, clock, polls, streams } = await behindProxy()
    const { id } = await server.hub.publish('news', 1, { event: 'tick' })
    await server.hub.publish('news', 2, { event: 'tick' })
    const ticks = vi.fn()
    client.on('tick', ticks)
    client.on('sse.open', () => client.close())
    client.connect({ lastEventId: id })
    await vi.waitFor(() => expect(streams()).toHaveLength(1))
    clock.advance(10_000)
    await vi.waitFor(() => expect(client.state.status).toBe('closed'))
    // Another client is answered meanwhile, so a poll of the first one would have come.
    const other = await polling()
    expect(other.client.state.status).toBe('open')
    expect(polls()).toHaveLength(1)
    expect(ticks).not.toHaveBeenCalled()
  })

  it('tell a gap', async () => {
    const { client, clock, streams } = await behindProxy({ lastEventId: 'other-7' })
    const told: unknown[] = []
    client.on('sse.open', ({ resumed }) => told.push(resumed))
    client.on('sse.gap', (gap) => told.push(gap))
    client.connect()
    await vi.waitFor(() => expect(streams()).toHaveLength(1))
    clock.advance(10_000)
    await vi.waitFor(() => expect(told).toHaveLength(2))
    expect(told).toEqual([false, { reason: expect.any(String), requested: 'other-7' }])
  })

  it('carry channels, refused ones are told, and a change of the wishes is a new connection', async () => {
    const { client, server, polls } = await polling({ channels: ['topic:a', 'secret'] })
    expect(client.channels).toEqual({ channels: ['news', 'topic:a'], refused: ['secret'] })
    const before = polls().length
    client.subscribe('topic:b')
    await vi.waitFor(() => expect(client.channels.channels).toEqual(['news', 'topic:a', 'topic:b']))
    expect(polls().length).toBeGreaterThan(before)
    const heard = take(client, 'tick', 1)
    await server.hub.publish('topic:b', 'for b', { event: 'tick' })
    expect(await heard).toEqual(['for b'])
    expect(server.requests.filter(({ method }) => method === 'POST')).toEqual([])
  })

  it('ask for new credentials at a 401, and go on with the same cursor', async () => {
    let isSignedIn = true
    const refresh = vi.fn(async () => {
      isSignedIn = true
    })
    const { client, server, clock } = await polling(
      { refresh },
      { before: (_req, res, next) => (isSignedIn ? next() : void res.status(401).end()) },
    )
    const first = take(client, 'tick', 1)
    isSignedIn = false
    await server.hub.publish('news', 1, { event: 'tick' })
    expect(await first).toEqual([1])
    const second = take(client, 'tick', 1)
    await vi.waitFor(() => expect(refresh).toHaveBeenCalledOnce())
    await server.hub.publish('news', 2, { event: 'tick' })
    expect(await second).toEqual([2])
    expect(clock.timers.filter((time) => time < 1000)).toEqual([])
  })

  it('obey Retry-After', async () => {
    let isFull = false
    const { client, server, clock } = await polling(
      {},
      {
        before: (_req, res, next) => (isFull ? void res.status(503).set('Retry-After', '60').end() : next()),
      },
    )
    const waiting = reach(client, 'waiting')
    const heard = take(client, 'tick', 2)
    isFull = true
    await server.hub.publish('news', 1, { event: 'tick' })
    const { retryAt, error } = await waiting
    expect(retryAt).toBe(clock.now() + 60_500)
    expect(error).toMatchObject({ status: 503, retryAfter: 60_000 })
    isFull = false
    clock.advance(60_500)
    await reach(client, 'open')
    await server.hub.publish('news', 2, { event: 'tick' })
    expect(await heard).toEqual([1, 2])
  })

  it('give way to streaming when that works again, and no event is lost or told twice', async () => {
    const { client, server, proxy, clock, polls, streams } = await polling({ polls: { retry: 60_000 } })
    const heard: unknown[] = []
    client.on('tick', (data) => heard.push(data))
    const publish = (n: number) => server.hub.publish('news', n, { event: 'tick' })
    await publish(1)
    await vi.waitFor(() => expect(heard).toEqual([1]))
    proxy.buffers = false
    clock.advance(60_000)
    await publish(2)
    await vi.waitFor(() => expect(streams()).toHaveLength(2))
    await vi.waitFor(() => expect(heard).toEqual([1, 2]))
    const polled = polls().length
    await publish(3)
    await vi.waitFor(() => expect(heard).toEqual([1, 2, 3]))
    expect(polls()).toHaveLength(polled)
    expect(client.state.status).toBe('open')
  })

  it('go on when streaming still does not work', async () => {
    const { client, server, clock, streams } = await polling({ polls: { retry: 60_000 } })
    const heard = take(client, 'tick', 2)
    clock.advance(60_000)
    await server.hub.publish('news', 1, { event: 'tick' })
    await vi.waitFor(() => expect(streams()).toHaveLength(2))
    await server.hub.publish('news', 2, { event: 'tick' })
    clock.advance(10_000)
    expect(await heard).toEqual([1, 2])
  })

  it('are remembered: the next connection polls at once', async () => {
    const { client, polls, streams } = await polling()
    const before = polls().length
    const opened = take(client, 'sse.open', 1)
    client.reconnect()
    expect(await opened).toMatchObject([{ resumed: true }])
    expect(polls().length).toBeGreaterThan(before)
    expect(streams()).toHaveLength(1)
  })

  it('end with the client', async () => {
    const { client, server, clock } = await polling()
    client.close()
    await vi.waitFor(() => expect(server.hub.streams.size).toBe(0))
    expect(clock.timers).toEqual([])
  })

  it('take the place of a native EventSource that does not open', async () => {
    const { scriptEventSource } = await import('../testing/index.ts')
    const { EventSource, sources } = scriptEventSource()
    const { client, clock, server } = await behindProxy({ EventSource })
    const opened = take(client, 'sse.open', 1)
    client.connect()
    clock.advance(10_000)
    await opened
    expect(sources[0]?.readyState).toBe(2)
    const heard = take(client, 'tick', 1)
    await server.hub.publish('news', 1, { event: 'tick' })
    expect(await heard).toEqual([1])
  })
})

describe('an answer to a poll', () => {
  /** The client has polled a scripted server once beside a quiet stream. */
  async function probing() {
    const bed = await setUp()
    bed.client.connect({ lastEventId: '5' })
    const stream = await bed.server.next()
    stream.open('')
    await bed.reach('open')
    bed.clock.advance(10_000)
    return { ...bed, stream, probe: await bed.server.next() }
  }
  const document = { events: [{ id: '6', event: 'tick', data: '6' }], cursor: '7' }

  it('of 406 means that this route knows no polls: the stream stays, and is not polled again', async () => {
    const { client, server, clock, reach, stream, probe } = await probing()
    probe.answer(406)
    await probe.closed
    const heard = take(client, 'message', 1)
    stream.send({ data: 'late' })
    expect(await heard).toEqual(['late'])
    client.reconnect()
    const second = await server.next()
    second.open('')
    await reach('open')
    clock.advance(60_000)
    expect([server.waiting, client.state.status]).toEqual([0, 'open'])
  })

  it('of 406 while it polls has it stream again, from where it is', async () => {
    const { client, server, probe } = await probing()
    const ticks = take(client, 'tick', 1)
    probe.json(document)
    expect(await ticks).toEqual([6])
    const poll = await server.next()
    expect(poll.headers['last-event-id']).toBe('7')
    poll.answer(406)
    const stream = await server.next()
    expect(stream.headers).toMatchObject({
      accept: expect.stringContaining('event-stream'),
      'last-event-id': '7',
    })
    stream.open()
    const heard = take(client, 'message', 1)
    stream.send({ data: 'streamed' })
    expect(await heard).toEqual(['streamed'])
    expect(client.state.status).toBe('open')
  })

  it.each(['', '\u0001'])(
    'without a position that could be sent is a failure, and the cursor stays: %j',
    async (cursor) => {
      const { client, server, clock, reach, probe } = await probing()
      const ticks = take(client, 'tick', 1)
      probe.json(document)
      await ticks
      ;(await server.next()).json({ ...document, cursor })
      expect((await reach('waiting')).error.code).toBe('network')
      expect(client.lastEventId).toBe('7')
      clock.advance(1000)
      expect((await server.next()).headers['last-event-id']).toBe('7')
    },
  )

  it('has a bound', async () => {
    const { probe, server, client, reach } = await probing()
    const ticks = take(client, 'tick', 1)
    probe.json(document)
    await ticks
    const poll = await server.next()
    poll.start('application/json')
    const chunk = ' '.repeat(1024 * 1024)
    for (let megabytes = 0; megabytes < 40; megabytes++) poll.write(chunk)
    expect((await reach('waiting')).error.code).toBe('overflow')
    await poll.closed
  })

  it('that brings the client no further does not have it ask at once', async () => {
    const { client, server, clock, probe } = await probing()
    const ticks = take(client, 'tick', 2)
    probe.json(document)
    ;(await server.next()).json(document)
    await ticks
    await vi.waitFor(() => expect(clock.timers).toContain(5000))
    expect(server.waiting).toBe(0)
    clock.advance(5000)
    await server.next()
  })
})

it('a life begins with streaming, whatever the life before has learned', async () => {
  const { client, streams } = await polling()
  client.close()
  client.connect()
  await vi.waitFor(() => expect(streams()).toHaveLength(2))
})

describe('a stream that is only quiet', () => {
  it('is left alone when the server does not answer polls', async () => {
    const { client, server, clock, stream } = await setUpOpen({}, '')
    clock.advance(10_000)
    const probe = await server.next()
    expect(probe.headers).toMatchObject({
      accept: expect.stringContaining('application/json'),
      prefer: 'wait=0',
    })
    probe.open()
    await probe.closed
    const heard = take(client, 'message', 1)
    stream.send({ data: 'late' })
    expect(await heard).toEqual(['late'])
    expect(client.state.status).toBe('open')
  })

  it('is not polled once it has spoken', async () => {
    const { server, clock } = await setUpOpen()
    await vi.waitFor(() => expect(clock.timers).toEqual([]))
    clock.advance(3_600_000)
    expect(server.waiting).toBe(0)
  })

  it('wins over polls when it speaks while they are asked', async () => {
    const { client, server, clock, stream } = await setUpOpen({}, '')
    clock.advance(10_000)
    const probe = await server.next()
    const heard = take(client, 'message', 1)
    stream.send({ data: 'late' })
    expect(await heard).toEqual(['late'])
    probe.answer(200, { 'Content-Type': 'application/json' })
    await probe.closed
    const again = take(client, 'message', 1)
    stream.send({ data: 'still' })
    expect(await again).toEqual(['still'])
  })
})
