import { connect } from 'node:net'
import { openStream } from '@sse/express/testing'
import request from 'supertest'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { listening } from '../test/listening.ts'
import { createHub, createMemoryBroker, sse } from './index.ts'

describe.each(expressVersions)('polls on %s', (_, express) => {
  function setUp() {
    const errors: unknown[] = []
    const hub = createHub({ onError: (error) => errors.push(error) })
    const app = express().use(sse({ hub, authorize: (_req, channel) => channel === 'extra' }))
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    app.get('/gone', (_req, res) => res.sse.close({ reconnect: false }))
    app.get('/expired', (_req, res) => void res.sse.subscribe('news', { expires: new Date(0) }))
    const poll = (path = '/events', accept = 'application/json') =>
      request(app).get(path).set('Accept', accept)
    return { hub, app, errors, poll }
  }

  it('answer on the same route, without being stored', async () => {
    const { hub, poll } = setUp()
    const response = await poll().expect(200)
    expect(response.body).toEqual({ events: [], cursor: hub.position })
    expect(response.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      vary: expect.stringContaining('Accept'),
    })
  })

  it('go on from the cursor, with data as the text on the wire', async () => {
    const { hub, poll } = setUp()
    const { cursor } = (await poll()).body
    const { id } = await hub.publish('news', { title: 'Hi' }, { event: 'notification' })
    const response = await poll(`/events?lastEventId=${cursor}`)
    expect(response.body).toEqual({
      events: [{ id, event: 'notification', data: '{"title":"Hi"}' }],
      cursor: id,
    })
  })

  it.each(['wait=5', 'respond-async, wait=5', 'wait="5"', 'WAIT = 5; x=1'])(
    'wait for the first event: Prefer: %s',
    async (prefer) => {
      const { hub, poll } = setUp()
      const { cursor } = (await poll()).body
      const waiting = poll()
        .set('Last-Event-ID', cursor)
        .set('Prefer', prefer)
        .then((response) => response.body)
      await expect.poll(() => hub.streams.size, { timeout: 20_000 }).toBe(1)
      await hub.publish('news', 'late')
      expect((await waiting).events).toMatchObject([{ event: 'message', data: 'late' }])
    },
  )

  it.each([
    'application/json',
    'application/*',
    'APPLICATION/JSON',
    'application/json, application/problem+json',
    'application/json, */*;q=0.1',
    'text/event-stream;q=0.5, application/json',
    'text/event-stream; q=0, application/json, */*;q=0.5',
    'application/json;q=0.2, text/*;q=0.1',
    'application/json;profile="a, text/event-stream", text/html',
  ])('are what prefers JSON: Accept: %s', async (accept) => {
    const { poll } = setUp()
    expect((await poll('/events', accept)).headers['content-type']).toBe('application/json; charset=utf-8')
  })

  it.each([
    ['a browser', 'text/event-stream'],
    ['fetch', '*/*'],
    ['axios', 'application/json, text/plain, */*'],
    ['a client of MCP', 'application/json, text/event-stream'],
    [
      'a browser’s address line',
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8',
    ],
    ['one that prefers a stream', 'text/event-stream, application/json;q=0.9'],
    ['one that prefers text', 'application/json;q=0.5, text/*'],
    ['one that prefers anything else', 'application/json;q=0.5, */*;q=0.6'],
    ['one whose quality is cut off', 'application/json;q="'],
    ['one that talks nonsense', 'nonsense'],
    ['one that accepts nothing', ''],
  ])('are not what %s asks for: Accept: %s', async (_, accept) => {
    const { app } = setUp()
    using stream = await openStream(app, '/events', { headers: { Accept: accept } })
    expect(stream.isStream).toBe(true)
  })

  it.each([
    ['quotes', '"'.repeat(7_999)],
    ['escapes', '"\\'.repeat(4_000)],
    ['parameters', 'application/json;'.repeat(450)],
    ['commas', ','.repeat(7_999)],
  ])('are told from streams in an Accept that is full of %s', async (_, text) => {
    const { app } = setUp()
    const headers = { Accept: `application/json, text/event-stream, ${text}` }
    using stream = await openStream(app, '/events', { headers })
    expect(stream.isStream).toBe(true)
  })

  it('of a route that sends and does not subscribe are answered 406, so that a client keeps its stream', async () => {
    const { app, poll } = setUp()
    let cancelled = false
    app.get('/words', (_req, res) => {
      const words = async function* () {
        try {
          yield* ['Hello', ' big', ' world']
        } finally {
          cancelled = true
        }
      }
      void res.sse.from(words())
    })
    const response = await poll('/words').expect(406)
    expect(response.type).toBe('application/problem+json')
    await expect.poll(() => cancelled, { timeout: 20_000 }).toBe(true)
    const headers = { Accept: 'application/json, text/plain, */*' }
    using stream = await openStream(app, '/words', { headers })
    expect((await stream.take(3)).map((event) => event.data)).toEqual(['Hello', ' big', ' world'])
  })

  it('are answered 503, never an empty cursor, while the log cannot be read', async () => {
    const broker = createMemoryBroker()
    vi.spyOn(broker, 'start').mockRejectedValue(new Error('unreachable'))
    const hub = createHub({ broker, onError: () => {} })
    hub.ready.catch(() => {})
    const app = express().use(sse({ hub }))
    app.get('/events', (_req, res) => {
      res.sse.subscribe('news')
      setTimeout(() => res.sse.close(), 50)
    })
    const response = await request(app).get('/events').set('Accept', 'application/json').expect(503)
    expect(Number(response.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  })

  describe('whose answers nobody reads', () => {
    const clients = 8
    const headers = { Accept: 'application/json' }

    /** Clients that ask for an answer of 8 MiB, which is more than the kernel buffers, and take nothing of it. */
    async function unread(stall: number) {
      const hub = createHub({ maxEventBytes: 9_000_000, window: { bytes: 100_000_000 } })
      const app = express().use(sse({ hub, stall, key: () => 'ada', limits: { perKey: clients } }))
      app.get('/events', (_req, res) => void res.sse.subscribe('news'))
      const { port, origin, close } = await listening(app)
      onTestFinished(close)
      await hub.ready
      const path = `/events?lastEventId=${hub.position}`
      await hub.publish('news', 'x'.repeat(8_388_608))
      const sockets = Array.from({ length: clients }, () => {
        const socket = connect(port, 'localhost').pause()
        onTestFinished(() => void socket.destroy())
        socket.on('error', () => {})
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n`)
        return socket
      })
      return { hub, origin, sockets }
    }

    it('count as streams until their clients leave', async () => {
      const { hub, origin, sockets } = await unread(60_000)
      await expect.poll(() => hub.streams.size, { timeout: 20_000 }).toBe(clients)
      using refused = await openStream(origin, '/events', { headers })
      expect(refused.status).toBe(429)
      for (const socket of sockets) socket.destroy()
      await expect.poll(() => hub.streams.size, { timeout: 20_000 }).toBe(0)
      using next = await openStream(origin, '/events', { headers })
      expect(next.status).toBe(200)
      expect(hub.stats().closed).toMatchObject({ client: clients })
    })

    it('are ended by hub.disconnect', async () => {
      const { hub } = await unread(60_000)
      await expect.poll(() => hub.streams.size, { timeout: 20_000 }).toBe(clients)
      await hub.disconnect('ada')
      expect(hub.stats()).toMatchObject({ streams: 0, closed: { disconnected: clients } })
    })

    it('are cut off after `stall`', async () => {
      const { hub, origin } = await unread(300)
      await expect.poll(() => hub.stats().closed.stalled, { timeout: 20_000 }).toBe(clients)
      expect(hub.streams.size).toBe(0)
      using next = await openStream(origin, '/events', { headers })
      expect(next.status).toBe(200)
    })
  })

  it('ask for channels as streams do', async () => {
    const { poll } = setUp()
    const { body } = await poll('/events?channels=extra,secret')
    expect(body.channels).toEqual({ channels: ['news', 'extra'], refused: ['secret'] })
  })

  it('see the status: 204 for staying away, 401 when the credentials ran out', async () => {
    const { poll } = setUp()
    await poll('/gone').expect(204)
    const response = await poll('/expired').expect(401)
    expect(response.type).toBe('application/problem+json')
  })

  it('leave a response alone that has begun as something else', async () => {
    const { app, errors, poll } = setUp()
    app.get('/mixed', (_req, res) => {
      res.sse.subscribe('news')
      res.json({ mine: true })
    })
    expect((await poll('/mixed').expect(200)).body).toEqual({ mine: true })
    await expect.poll(() => errors, { timeout: 20_000 }).toMatchObject([{ code: 'headers-sent' }])
  })
})
