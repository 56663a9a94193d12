import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createHub, SseError, type SseStream } from '@sse/core'
import { describe, expect, it } from 'vitest'
import { until } from '../until.ts'
import type { Adapter } from './adapter.ts'
import { serve } from './serving.ts'

const news = (stream: SseStream) => void stream.subscribe('news')

/** What a stream is from its opening to its end. */
export function streamTests(adapter: Adapter): void {
  describe('a stream', () => {
    it('opens with the headers that keep proxies from holding it back', async () => {
      const { open } = await serve(adapter, {
        headers: { 'X-App': 'mine' },
        routes: {
          '/clock': (stream) => void stream.send({ now: 1 }, { event: 'tick', id: 7, retry: 3_000 }),
        },
      })
      using stream = await open('/clock')
      expect(stream.status).toBe(200)
      expect(Object.fromEntries(stream.headers)).toMatchObject({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
        'x-app': 'mine',
      })
      expect(await stream.next()).toEqual({
        ...{ type: 'event', event: 'tick', data: '{"now":1}', id: '7', retry: 3_000 },
      })
    })

    it('begins with a byte, so that browsers and proxies open at once', async () => {
      const { open } = await serve(adapter, {
        retry: [4_000, 4_000],
        routes: { '/events': (stream) => void stream.comment('hello') },
      })
      using stream = await open()
      expect(await stream.read()).toEqual({ type: 'comment', text: '' })
      expect(await stream.read()).toEqual({ type: 'retry', retry: 4_000 })
      expect(await stream.read()).toEqual({ type: 'comment', text: 'hello' })
    })

    it('sends what a source has, and cancels the source when the client leaves', async () => {
      let cancelled = false
      async function* words() {
        try {
          yield* ['Hello', ' big', ' world']
          for (;;) yield await new Promise<string>((resolve) => setImmediate(resolve, '!'))
        } finally {
          cancelled = true
        }
      }
      const { open } = await serve(adapter, { routes: { '/events': (stream) => stream.from(words()) } })
      const stream = await open()
      expect((await stream.take(3)).map((event) => event.data)).toEqual(['Hello', ' big', ' world'])
      stream.close()
      await until(() => cancelled)
    })

    it('answers false after the client left, and throws nothing', async () => {
      const left = Promise.withResolvers<unknown>()
      const { open } = await serve(adapter, {
        routes: {
          '/events': (stream) => {
            stream.send('first')
            stream.signal.addEventListener('abort', () =>
              left.resolve([stream.send('x'), stream.comment(), stream.closed, stream.signal.reason]),
            )
          },
        },
      })
      const stream = await open()
      await stream.next()
      stream.close()
      expect(await left.promise).toEqual([false, false, true, expect.objectContaining({ code: 'client' })])
    })

    it('leaves an error to the app as long as nothing was written', async () => {
      const failed = (message: string, status: number) => Object.assign(new Error(message), { status })
      const hub = createHub()
      const { open } = await serve(adapter, {
        hub,
        routes: {
          '/name': (stream) => {
            try {
              stream.send('x', { event: 'a\nb' as 'message' })
            } catch (error) {
              expect(error).toBeInstanceOf(SseError)
              throw failed('name', 418)
            }
          },
          '/sync': (stream) => {
            stream.subscribe('news')
            throw failed('sync', 403)
          },
          '/async': async (stream) => {
            stream.subscribe('news')
            throw failed('async', 409)
          },
        },
      })
      for (const [path, status] of [
        ['/name', 418] as const,
        ['/sync', 403] as const,
        ['/async', 409] as const,
      ]) {
        using answer = await open(path, { headers: { Accept: '*/*' } })
        expect([answer.status, await answer.text()]).toEqual([status, path.slice(1)])
      }
      expect(hub.stats()).toMatchObject({ streams: 0, opened: 0 })
    })

    it('ends after what was sent', async () => {
      const { open } = await serve(adapter, {
        routes: {
          '/events': (stream) => {
            stream.send('one')
            stream.close()
          },
        },
      })
      using stream = await open()
      expect((await stream.rest()).at(-1)).toMatchObject({ type: 'event', data: 'one' })
      expect(stream.state).toBe('ended')
    })

    it('is answered 204 when nothing was opened and the client shall stay away', async () => {
      const routes = { '/events': (stream: SseStream) => stream.close({ reconnect: false }) }
      const { open } = await serve(adapter, { routes })
      using stream = await open()
      expect(stream.status).toBe(204)
    })

    it('answers HEAD with the headers and ends', async () => {
      const hub = createHub()
      const { origin } = await serve(adapter, { hub, routes: { '/events': news } })
      const response = await fetch(`${origin}/events`, { method: 'HEAD' })
      expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
      expect(await response.text()).toBe('')
      await until(() => hub.streams.size === 0)
    })
  })

  describe('a stream of channels', () => {
    async function setUp() {
      const hub = createHub()
      const key = (asked: { header(name: string): string | undefined }) => asked.header('X-User')
      const routes = { '/events': (stream: SseStream) => void stream.subscribe(['news', 'all']) }
      return { hub, ...(await serve(adapter, { hub, key, routes })) }
    }

    it('delivers what is published, with ids', async () => {
      const { hub, open } = await setUp()
      using stream = await open()
      expect((await stream.next('sse.open')).id).toBe(hub.position)
      const { id } = await hub.publish('news', { title: 'Hi' }, { event: 'notification' })
      expect(await stream.next('notification')).toMatchObject({ id, data: '{"title":"Hi"}' })
    })

    it('takes the cursor from Last-Event-ID, else from the query', async () => {
      const { hub, open } = await setUp()
      await hub.ready
      const start = hub.position
      const { id } = await hub.publish('news', 'one')
      await hub.publish('all', 'two')
      using byHeader = await open('/events?lastEventId=ignored', { lastEventId: id })
      expect((await byHeader.next('message')).data).toBe('two')
      using byQuery = await open(`/events?lastEventId=${encodeURIComponent(start)}`)
      expect((await byQuery.take(2, 'message')).map((event) => event.data)).toEqual(['one', 'two'])
    })

    it('decodes a cursor that is UTF-8, as the standard sends it, and tells that it is unknown', async () => {
      const { open } = await setUp()
      using stream = await open('/events', { lastEventId: Buffer.from('커서').toString('latin1') })
      expect(JSON.parse((await stream.next('sse.gap')).data)).toEqual({
        reason: 'unknown',
        requested: '커서',
      })
    })

    it('forgets a client that left while the handler was busy', async () => {
      const hub = createHub()
      const arrived = Promise.withResolvers<SseStream>()
      const result = Promise.withResolvers<boolean>()
      const { origin } = await serve(adapter, {
        hub,
        routes: {
          '/slow': async (stream) => {
            arrived.resolve(stream)
            await until(() => stream.closed)
            result.resolve(stream.subscribe('news').closed)
          },
        },
      })
      const abort = new AbortController()
      const asked = fetch(`${origin}/slow`, { signal: abort.signal })
      await arrived.promise
      abort.abort()
      await expect(asked).rejects.toThrow()
      expect(await result.promise).toBe(true)
      expect(hub.stats()).toMatchObject({ streams: 0, opened: 0, channels: 0 })
    })

    it.each(['text/event-stream', 'application/json'])(
      'gives nothing to a request whose key was disconnected while the app looked something up: %s',
      async (accept) => {
        const hub = createHub()
        const [arrived, found] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
        const { open } = await serve(adapter, {
          hub,
          key: () => 'mina',
          routes: {
            '/events': async (stream) => {
              arrived.resolve()
              await found.promise
              stream.subscribe('user:mina')
            },
          },
        })
        const opening = open('/events', { headers: { Accept: accept } })
        await arrived.promise
        await hub.disconnect('mina', { reconnect: false })
        found.resolve()
        using stream = await opening
        expect(stream.status).toBe(204)
      },
    )

    it('is ended by hub.disconnect if it is of the key', async () => {
      const { hub, open } = await setUp()
      using mina = await open('/events', { headers: { 'X-User': 'mina' } })
      using joon = await open('/events', { headers: { 'X-User': 'joon' } })
      await mina.next('sse.open')
      await joon.next('sse.open')
      await hub.disconnect('mina', { reconnect: false })
      expect(JSON.parse((await mina.next('sse.close')).data)).toEqual({
        reconnect: false,
        reason: 'disconnected',
      })
      expect(await mina.read()).toBeUndefined()
      await hub.publish('news', 'still here')
      expect((await joon.next('message')).data).toBe('still here')
    })
  })

  describe('a shutdown', () => {
    it('ends the streams of an sse() without a hub, each told when to come back', async () => {
      const routes = { '/clock': (stream: SseStream) => void stream.send('tick') }
      const { open, stop, close } = await serve(adapter, { routes })
      const streams = await Promise.all([1, 2, 3].map(() => open('/clock')))
      for (const stream of streams) await stream.next()
      const closed = stop()
      await close({ drain: 30, retry: [2_000, 2_000] })
      for (const stream of streams) {
        expect(JSON.parse((await stream.next('sse.close')).data)).toMatchObject({ reconnect: 2_000 })
        await stream.rest()
        expect(stream.state).toBe('ended')
      }
      await closed()
    })

    it('lets no stream in from the call of close on', async () => {
      const routes = { '/clock': (stream: SseStream) => void stream.send('tick') }
      const { open, close } = await serve(adapter, { routes })
      await close({ retry: [3_000, 3_000] })
      using stream = await open('/clock')
      await stream.rest()
      expect(stream.retry).toBe(3_000)
      const headers = { Accept: 'text/event-stream, application/problem+json' }
      using refused = await open('/clock', { headers })
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '3'])
    })

    it('of the hub ends its streams, and the server can close', async () => {
      const hub = createHub()
      const { open, stop } = await serve(adapter, { hub, routes: { '/events': news } })
      using stream = await open()
      await stream.next('sse.open')
      const closed = stop()
      await hub.close({ retry: [2_000, 2_000] })
      expect(JSON.parse((await stream.next('sse.close')).data)).toEqual({
        reconnect: 2_000,
        reason: 'shutdown',
      })
      await stream.rest()
      await closed()
    })

    it('opens no stream for a request that was half sent when the hub closed', async () => {
      const hub = createHub()
      const { port, server } = await serve(adapter, { hub, routes: { '/events': news } })
      // Other servers do not tell of their connections.
      if (!server) return
      const client = connect(port, '127.0.0.1')
      const sockets = once(server, 'connection')
      client.write('GET /events HTTP/1.1\r\nHost: localhost\r\n')
      await sockets
      const closed = new Promise((resolve) => server.close(resolve))
      await hub.close({ retry: [2_000, 2_000] })
      client.write('\r\n')
      const answer = await text(client)
      expect(answer).toMatch(/^HTTP\/1\.1 200 .*connection: close.*\nretry: 2000\n\n/is)
      await closed
    })
  })
}
