import { openStream } from '@sse/express/testing'
import { EventSource } from 'eventsource'
import { describe, expect, it, vi } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { createHub, sse } from './index.ts'

describe.each(expressVersions)('res.sse.subscribe on %s', (_, express) => {
  function setUp(options: Parameters<typeof createHub>[0] = {}) {
    const hub = createHub(options)
    const app = express().use(sse({ hub, key: (req) => req.get('X-User') }))
    app.get('/events', (_req, res) => void res.sse.subscribe(['news', 'all']))
    return { hub, app }
  }

  it('delivers what is published, with ids', async () => {
    const { hub, app } = setUp()
    using stream = await openStream(app, '/events')
    expect((await stream.next('sse.open')).id).toBe(hub.position)
    const { id } = await hub.publish('news', { title: 'Hi' }, { event: 'notification' })
    expect(await stream.next('notification')).toMatchObject({ id, data: '{"title":"Hi"}' })
  })

  it('takes the cursor from Last-Event-ID, else from the query', async () => {
    const { hub, app } = setUp()
    await hub.ready
    const start = hub.position
    const { id } = await hub.publish('news', 'one')
    await hub.publish('all', 'two')
    using byHeader = await openStream(app, '/events?lastEventId=ignored', { lastEventId: id })
    expect((await byHeader.next('message')).data).toBe('two')
    using byQuery = await openStream(app, `/events?lastEventId=${encodeURIComponent(start)}`)
    expect((await byQuery.take(2, 'message')).map((event) => event.data)).toEqual(['one', 'two'])
  })

  it('decodes a cursor that is UTF-8, as the standard sends it, and tells that it is unknown', async () => {
    const { app } = setUp()
    const latin1 = Buffer.from('커서').toString('latin1')
    using stream = await openStream(app, '/events', { lastEventId: latin1 })
    expect(JSON.parse((await stream.next('sse.gap')).data)).toEqual({ reason: 'unknown', requested: '커서' })
  })

  it('is carried by a real EventSource over a lost connection, without loss or repetition', async () => {
    const { hub, app } = setUp()
    app.get('/short', (_req, res) => void res.sse.subscribe('news'))
    const server = app.listen(0)
    await vi.waitUntil(() => server.listening)
    const { port } = server.address() as { port: number }
    const source = new EventSource(`http://localhost:${port}/events`)
    const seen: string[] = []
    source.addEventListener('message', (event) => seen.push(event.data))
    await vi.waitUntil(() => hub.streams.size === 1)
    await hub.publish('news', '1')
    await vi.waitUntil(() => seen.length === 1)
    for (const stream of hub.streams) stream.close({ reconnect: 0 })
    await hub.publish('news', '2')
    await vi.waitUntil(() => seen.length === 2)
    await hub.publish('news', '3')
    await vi.waitUntil(() => seen.length === 3)
    expect(seen).toEqual(['1', '2', '3'])
    source.close()
    server.close()
    server.closeAllConnections()
  })

  it('leaves status and headers to an error of the handler, also an asynchronous one', async () => {
    const { hub, app } = setUp()
    app.get('/sync', (_req, res) => {
      res.sse.subscribe('news')
      throw Object.assign(new Error('sync'), { status: 403, expose: true })
    })
    app.get('/async', (_req, res, next) => {
      res.sse.subscribe('news')
      Promise.reject(Object.assign(new Error('async'), { status: 404 })).catch(next)
    })
    for (const [path, status] of [['/sync', 403] as const, ['/async', 404] as const]) {
      using stream = await openStream(app, path, { headers: { Accept: '*/*' } })
      expect(stream.status).toBe(status)
    }
    expect(hub.stats()).toMatchObject({ streams: 0, opened: 0 })
  })

  it('answers HEAD with the headers and ends', async () => {
    const { hub, app } = setUp()
    const server = app.listen(0)
    await vi.waitUntil(() => server.listening)
    const { port } = server.address() as { port: number }
    const response = await fetch(`http://localhost:${port}/events`, { method: 'HEAD' })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(await response.text()).toBe('')
    await vi.waitUntil(() => hub.streams.size === 0)
    server.close()
    server.closeAllConnections()
  })

  it('forgets a client that left while the handler was busy', async () => {
    const { hub, app } = setUp()
    const gone = Promise.withResolvers<void>()
    const result = Promise.withResolvers<boolean>()
    app.get('/slow', async (_req, res) => {
      res.on('close', () => gone.resolve())
      await gone.promise
      result.resolve(res.sse.subscribe('news').closed)
    })
    const abort = new AbortController()
    const server = app.listen(0)
    await vi.waitUntil(() => server.listening)
    const { port } = server.address() as { port: number }
    server.once('request', () => setImmediate(() => abort.abort()))
    await expect(fetch(`http://localhost:${port}/slow`, { signal: abort.signal })).rejects.toThrow()
    expect(await result.promise).toBe(true)
    expect(hub.stats()).toMatchObject({ streams: 0, opened: 0, channels: 0 })
    server.close()
    server.closeAllConnections()
  })

  it.each(['text/event-stream', 'application/json'])(
    'gives nothing to a request whose key was disconnected while the app looked something up: %s',
    async (accept) => {
      const hub = createHub()
      const app = express().use(sse({ hub, key: () => 'mina' }))
      const [arrived, found] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      app.get('/', async (_req, res) => {
        arrived.resolve()
        await found.promise
        res.sse.subscribe('user:mina')
      })
      const opening = openStream(app, '/', { headers: { Accept: accept } })
      await arrived.promise
      await hub.disconnect('mina', { reconnect: false })
      found.resolve()
      using stream = await opening
      expect(stream.status).toBe(204)
    },
  )

  it('lets hub.disconnect end the streams of a key', async () => {
    const { hub, app } = setUp()
    using mina = await openStream(app, '/events', { headers: { 'X-User': 'mina' } })
    using joon = await openStream(app, '/events', { headers: { 'X-User': 'joon' } })
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
