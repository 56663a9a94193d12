import { connect } from 'node:net'
import { createHub, createMemoryBroker } from '@sse/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { until } from '../until.ts'
import type { Adapter } from './adapter.ts'
import { serve } from './serving.ts'

/** What a client without a stream gets. */
export function pollTests(adapter: Adapter): void {
  describe('polls', () => {
    async function setUp() {
      const hub = createHub()
      const served = await serve(adapter, {
        hub,
        authorize: (channel) => channel === 'extra',
        routes: {
          '/events': (stream) => void stream.subscribe('news'),
          '/gone': (stream) => stream.close({ reconnect: false }),
          '/expired': (stream) => void stream.subscribe('news', { expires: new Date(0) }),
        },
      })
      return { hub, ...served }
    }

    it('answer on the same route, without being stored', async () => {
      const { hub, ask } = await setUp()
      const response = await ask()
      expect(response.status).toBe(200)
      expect(JSON.parse(await response.text())).toEqual({ events: [], cursor: hub.position })
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        vary: expect.stringContaining('Accept'),
      })
    })

    it('go on from the cursor, with data as the text on the wire', async () => {
      const { hub, ask } = await setUp()
      const { cursor } = JSON.parse(await (await ask()).text())
      const { id } = await hub.publish('news', { title: 'Hi' }, { event: 'notification' })
      const response = await ask(`/events?lastEventId=${cursor}`)
      expect(JSON.parse(await response.text())).toEqual({
        events: [{ id, event: 'notification', data: '{"title":"Hi"}' }],
        cursor: id,
      })
    })

    it.each(['wait=5', 'respond-async, wait=5', 'wait="5"', 'WAIT = 5; x=1'])(
      'wait for the first event: Prefer: %s',
      async (prefer) => {
        const { hub, ask } = await setUp()
        const { cursor } = JSON.parse(await (await ask()).text())
        const headers = { 'Last-Event-ID': cursor, Prefer: prefer }
        const waiting = ask('/events', headers)
          .then((response) => response.text())
          .then(JSON.parse)
        await until(() => hub.streams.size === 1)
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
      const { ask } = await setUp()
      const { headers } = await ask('/events', { Accept: accept })
      expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
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
      const { open } = await setUp()
      using stream = await open('/events', { headers: { Accept: accept } })
      expect(stream.isStream).toBe(true)
    })

    it.each([
      ['quotes', '"'.repeat(7_999)],
      ['escapes', '"\\'.repeat(4_000)],
      ['parameters', 'application/json;'.repeat(450)],
      ['commas', ','.repeat(7_999)],
    ])('are told from streams in an Accept that is full of %s', async (_, text) => {
      const { open } = await setUp()
      const headers = { Accept: `application/json, text/event-stream, ${text}` }
      using stream = await open('/events', { headers })
      expect(stream.isStream).toBe(true)
    })

    it('of a route that sends and does not subscribe are answered 406, so that a client keeps its stream', async () => {
      let cancelled = false
      async function* words() {
        try {
          yield* ['Hello', ' big', ' world']
        } finally {
          cancelled = true
        }
      }
      const { ask, open } = await serve(adapter, { routes: { '/words': (stream) => stream.from(words()) } })
      const response = await ask('/words')
      expect([response.status, response.headers.get('content-type')]).toEqual([
        406,
        'application/problem+json',
      ])
      await until(() => cancelled)
      const headers = { Accept: 'application/json, text/plain, */*' }
      using stream = await open('/words', { headers })
      expect((await stream.take(3)).map((event) => event.data)).toEqual(['Hello', ' big', ' world'])
    })

    it('are answered 503, never an empty cursor, while the log cannot be read', async () => {
      const broker = createMemoryBroker()
      vi.spyOn(broker, 'start').mockRejectedValue(new Error('unreachable'))
      const hub = createHub({ broker, onError: () => {} })
      hub.ready.catch(() => {})
      const { ask } = await serve(adapter, {
        hub,
        routes: {
          '/events': (stream) => {
            stream.subscribe('news')
            setTimeout(() => stream.close(), 50)
          },
        },
      })
      const response = await ask()
      expect(response.status).toBe(503)
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    })

    describe('whose answers nobody reads', () => {
      const clients = 8
      const headers = { Accept: 'application/json' }

      /** Clients that ask for an answer of 8 MiB, which is more than the kernel buffers, and take nothing of it. */
      async function unread(stall: number) {
        const hub = createHub({ maxEventBytes: 9_000_000, window: { bytes: 100_000_000 } })
        const { port, open } = await serve(adapter, {
          ...{ hub, stall, key: () => 'ada', limits: { perKey: clients } },
          routes: { '/events': (stream) => void stream.subscribe('news') },
        })
        await hub.ready
        const path = `/events?lastEventId=${hub.position}`
        await hub.publish('news', 'x'.repeat(8_388_608))
        const sockets = Array.from({ length: clients }, () => {
          const socket = connect(port, '127.0.0.1').pause()
          onTestFinished(() => void socket.destroy())
          socket.on('error', () => {})
          socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n`)
          return socket
        })
        return { hub, open, sockets }
      }

      it('count as streams until their clients leave', async () => {
        const { hub, open, sockets } = await unread(60_000)
        await until(() => hub.streams.size === clients)
        using refused = await open('/events', { headers })
        expect(refused.status).toBe(429)
        for (const socket of sockets) socket.destroy()
        await until(() => hub.streams.size === 0)
        using next = await open('/events', { headers })
        expect(next.status).toBe(200)
        expect(hub.stats().closed).toMatchObject({ client: clients })
      })

      it('are ended by hub.disconnect', async () => {
        const { hub } = await unread(60_000)
        await until(() => hub.streams.size === clients)
        await hub.disconnect('ada')
        expect(hub.stats()).toMatchObject({ streams: 0, closed: { disconnected: clients } })
      })

      it('are cut off after `stall`', async () => {
        const { hub, open } = await unread(300)
        await until(() => hub.stats().closed.stalled === clients)
        expect(hub.streams.size).toBe(0)
        using next = await open('/events', { headers })
        expect(next.status).toBe(200)
      })
    })

    it('ask for channels as streams do', async () => {
      const { ask } = await setUp()
      const body = JSON.parse(await (await ask('/events?channels=extra,secret')).text())
      expect(body.channels).toEqual({ channels: ['news', 'extra'], refused: ['secret'] })
    })

    it('see the status: 204 for staying away, 401 when the credentials ran out', async () => {
      const { ask } = await setUp()
      expect((await ask('/gone')).status).toBe(204)
      const response = await ask('/expired')
      expect([response.status, response.headers.get('content-type')]).toEqual([
        401,
        'application/problem+json',
      ])
    })
  })
}
