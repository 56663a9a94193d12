import { openStream, type TestStream } from '@sse/express/testing'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { channels, createHub, createMemoryLog, sse } from './index.ts'

describe.each(expressVersions)('channels of an open stream on %s', (_, express) => {
  function server(log = createMemoryLog(), keyed = true) {
    const hub = createHub({ broker: log.connect() })
    const app = express()
    app.use(
      sse({
        hub,
        ...(keyed && { key: (req) => req.get('X-User') }),
        authorize: async (req, channel) =>
          channel.startsWith('topic:') || channel === `user:${req.get('X-User')}`,
      }),
    )
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    app.post('/events', channels(hub))
    return { app, hub }
  }

  const ada = { 'X-User': 'ada' }
  const open = async (app: ReturnType<typeof server>['app'], query = '') =>
    openStream(app, `/events${query}`, { headers: ada })
  const idOf = async (stream: TestStream) => JSON.parse((await stream.next('sse.open')).data).stream as string

  it('are asked for by the query, and judged on every connect', async () => {
    const { app, hub } = server()
    using stream = await open(app, '?channels=topic:vue,user:bob&channels=user:ada')
    expect(JSON.parse((await stream.next('sse.channels')).data)).toEqual({
      channels: ['news', 'topic:vue', 'user:ada'],
      refused: ['user:bob'],
    })
    await hub.publish('user:bob', 'not for ada')
    await hub.publish('topic:vue', 'hello')
    expect((await stream.next('message')).data).toBe('hello')
  })

  it.each([
    ['the header Sse-Shared', '', { 'Sse-Shared': '1' }],
    ['the query, where no header can be sent', '&shared=1', {}],
  ])(
    'are named with each event to tabs that share a stream, which is said by %s',
    async (_, query, headers) => {
      const { app, hub } = server()
      using stream = await openStream(app, `/events?channels=topic:vue${query}`, {
        headers: { ...ada, ...headers },
      })
      expect(JSON.parse((await stream.next('sse.channels')).data)).toMatchObject({ asked: ['topic:vue'] })
      const { id } = await hub.publish(['topic:vue', 'user:bob'], 'hello')
      const label = await stream.next('sse.event')
      expect(JSON.parse(label.data)).toEqual({ id, channels: ['topic:vue'] })
      expect((await stream.next('message')).id).toBe(id)
      using other = await openStream(app, '/events?channels=topic:vue&shared=no', { headers: ada })
      expect(JSON.parse((await other.next('sse.channels')).data)).not.toHaveProperty('asked')
    },
  )

  it('are changed by POST, and confirmed on the stream', async () => {
    const { app, hub } = server()
    using stream = await open(app)
    const id = await idOf(stream)
    const body = { stream: id, subscribe: ['topic:vue', 'user:bob'], unsubscribe: ['news'] }
    const response = await request(app).post('/events').set(ada).send(body).expect(200)
    expect(response.body).toEqual({ channels: ['topic:vue'], refused: ['user:bob'] })
    expect(JSON.parse((await stream.next('sse.channels')).data)).toEqual(response.body)
    await hub.publish('news', 'left')
    await hub.publish('topic:vue', 'joined')
    expect((await stream.next('message')).data).toBe('joined')
  })

  it('are changed whichever process holds the stream', async () => {
    const log = createMemoryLog()
    const [one, two] = [server(log), server(log)]
    using stream = await open(one.app)
    const body = { stream: await idOf(stream), subscribe: 'topic:vue' }
    await request(two.app).post('/events').set(ada).send(body).expect(200)
    await two.hub.publish('topic:vue', 'hello')
    expect((await stream.next('message')).data).toBe('hello')
  })

  it('are changed by nobody but the key that opened the stream', async () => {
    const { app } = server()
    using stream = await open(app)
    const body = { stream: await idOf(stream), subscribe: ['topic:vue'] }
    const response = await request(app).post('/events').set({ 'X-User': 'eve' }).send(body).expect(404)
    expect(response.type).toBe('application/problem+json')
  })

  it('are changed by who knows the id, where there are no keys', async () => {
    const { app } = server(undefined, false)
    using stream = await open(app)
    const body = { stream: await idOf(stream), subscribe: ['topic:vue'] }
    await request(app).post('/events').send(body).expect(200)
  })

  it('stay as they are when the stream is unknown', async () => {
    const { app } = server()
    await request(app)
      .post('/events')
      .set(ada)
      .send({ stream: 'nobody', subscribe: ['topic:x'] })
      .expect(404)
  })

  it.each([
    ['no JSON', '{"stream": ', 'application/json', /could not be read as JSON/],
    [
      'another content type',
      'stream=x',
      'application/x-www-form-urlencoded',
      /Content-Type: application\/json/,
    ],
    ['no stream', '{}', 'application/json', /"stream"/],
    [
      'a channel that is none',
      '{"stream":"x","subscribe":["sse:control"]}',
      'application/json',
      /"sse:control"/,
    ],
    [
      'a channel that is no text',
      '{"stream":"x","unsubscribe":[7]}',
      'application/json',
      /7 is not a valid channel/,
    ],
    [
      'too many channels',
      JSON.stringify({ stream: 'x', subscribe: Array(65).fill('a') }),
      'application/json',
      /65/,
    ],
  ])('are not changed by %s: 400', async (__, body, type, message) => {
    const { app } = server()
    const response = await request(app).post('/events').set('Content-Type', type).send(body).expect(400)
    expect(JSON.parse(response.text).detail).toMatch(message)
  })

  it('are not changed by a page of another site', async () => {
    const { app } = server()
    const body = { stream: 'x', subscribe: ['topic:x'] }
    await request(app).post('/events').set('Origin', 'https://evil.example').send(body).expect(403)
  })

  it('need sse() in front', async () => {
    const app = express()
    app.post('/events', channels(createHub()))
    app.use(((error, _req, res, _next) => {
      res.status(500).end(error.message)
    }) as import('express').ErrorRequestHandler)
    const response = await request(app).post('/events').send({}).expect(500)
    expect(response.text).toMatch(/app\.use\(sse\(\{ hub, authorize \}\)\)/)
  })

  it('are read also behind express.json()', async () => {
    const { hub } = server()
    const app = express().use(express.json()).use(sse({ hub }))
    app.post('/events', channels(hub))
    await request(app).post('/events').send({ stream: 'x' }).expect(404)
  })

  it('leave it to Express when authorize fails', async () => {
    const hub = createHub()
    const app = express().use(
      sse({
        hub,
        authorize: () => {
          throw new Error('database down')
        },
      }),
    )
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    app.post('/events', channels(hub))
    app.use(((error, _req, res, _next) => {
      res.status(500).end(error.message)
    }) as import('express').ErrorRequestHandler)
    using stream = await open(app)
    const response = await request(app)
      .post('/events')
      .send({ stream: await idOf(stream), subscribe: ['a'] })
      .expect(500)
    expect(response.text).toBe('database down')
  })
})
