import { openStream, type TestStream } from '@sse/express/testing'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { channels, createHub, type Limits, sse } from './index.ts'

const problems = 'text/event-stream, application/problem+json'

describe.each(expressVersions)('limits on %s', (_, express) => {
  function appWith(limits: Limits) {
    const hub = createHub()
    const app = express().use(sse({ hub, limits, key: (req) => req.get('X-User') }))
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    app.post('/events', channels(hub))
    return { app, hub }
  }

  const as = (user: string, accept = problems) => ({ headers: { 'X-User': user, Accept: accept } })

  it('let no more streams in than `streams`, and end none for another', async () => {
    const { app, hub } = appWith({ streams: 2 })
    using one = await openStream(app, '/events', as('ada'))
    using two = await openStream(app, '/events', as('bob'))
    using three = await openStream(app, '/events', as('eve'))
    expect([one.status, two.status, three.status]).toEqual([200, 200, 503])
    expect(Number(three.headers.get('retry-after'))).toBeGreaterThanOrEqual(5)
    await Promise.all([one.next('sse.open'), two.next('sse.open')])
    expect(hub.streams.size).toBe(2)
    expect(hub.stats().refused).toBe(1)
  })

  it('let somebody in again when somebody has left', async () => {
    const { app, hub } = appWith({ streams: 1 })
    const one = await openStream(app, '/events', as('ada'))
    one.close()
    await expect.poll(() => hub.streams.size, { timeout: 20_000 }).toBe(0)
    using two = await openStream(app, '/events', as('bob'))
    expect(two.status).toBe(200)
  })

  it('answer 429 to a key that has `perKey` streams, and nobody else', async () => {
    const { app } = appWith({ perKey: 1 })
    using one = await openStream(app, '/events', as('ada'))
    using two = await openStream(app, '/events', as('ada'))
    using other = await openStream(app, '/events', as('bob'))
    expect([one.status, two.status, other.status]).toEqual([200, 429, 200])
  })

  it('let new streams in at `rate`', async () => {
    const { app } = appWith({ rate: 0.001 })
    using one = await openStream(app, '/events', as('ada'))
    using two = await openStream(app, '/events', as('bob'))
    expect([one.status, two.status]).toEqual([200, 503])
  })

  it('let requests of a key in at `perKeyRate`, within `rate`: a client that polls keeps no others out', async () => {
    const { app } = appWith({ rate: 0.03, perKeyRate: 0.01 })
    const poll = async (user: string) =>
      (await openStream(app, '/events', as(user, 'application/json'))).status
    const ada: number[] = []
    for (let count = 0; count < 20; count++) ada.push(await poll('ada'))
    expect(ada).toEqual([200, ...Array(19).fill(429)])
    // What was refused to one key has used up nothing that another is entitled to.
    const { app: other } = appWith({ rate: 20, perKeyRate: 1 })
    const polls = async (user: string, count: number) => {
      const statuses = await Promise.all(
        Array.from(
          { length: count },
          async () => (await openStream(other, '/events', as(user, 'application/json'))).status,
        ),
      )
      return statuses.filter((status) => status === 200).length
    }
    expect(await polls('ada', 20)).toBeLessThan(10)
    for (const user of 'bcdefghij') expect(await polls(user, 1), user).toBe(1)
  })

  it('tell clients without a key apart by their address, also from keys that look like one', async () => {
    const { app } = appWith({ perKeyRate: 0.001 })
    const json = (user?: string) =>
      openStream(app, '/events', {
        headers: { Accept: 'application/json', ...(user !== undefined && { 'X-User': user }) },
      })
    expect((await json()).status).toBe(200)
    expect((await json()).status).toBe(429)
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      expect((await json(address)).status, address).toBe(200)
    }
  })

  it('count a POST that changes channels as a request', async () => {
    const { app } = appWith({ perKeyRate: 0.001 })
    const post = () => request(app).post('/events').set('X-User', 'ada').send({ stream: 'x' })
    await post().expect(404)
    const refused = await post().expect(429)
    expect(refused.type).toBe('application/problem+json')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(5)
    using stream = await openStream(app, '/events', as('ada'))
    expect(stream.status).toBe(429)
    await request(app).post('/events').set('X-User', 'bob').send({ stream: 'x' }).expect(404)
  })

  it('count streams whose channels are still judged', async () => {
    const verdict = Promise.withResolvers<boolean>()
    const asked: string[] = []
    const hub = createHub()
    const app = express().use(
      sse({
        hub,
        limits: { perKey: 2, streams: 3 },
        key: (req) => req.get('X-User'),
        authorize: (req) => {
          asked.push(req.get('X-User') ?? '')
          return verdict.promise
        },
      }),
    )
    app.get('/events', (_req, res) => void res.sse.subscribe([]))
    const open = (user: string) => openStream(app, '/events?channels=a', as(user))
    const pending = [open('ada'), open('ada')]
    await expect.poll(() => asked, { timeout: 20_000 }).toEqual(['ada', 'ada'])
    expect((await open('ada')).status).toBe(429)
    pending.push(open('bob'))
    await expect.poll(() => asked, { timeout: 20_000 }).toEqual(['ada', 'ada', 'bob'])
    expect((await open('eve')).status).toBe(503)
    verdict.resolve(true)
    for (const stream of await Promise.all(pending)) {
      expect(stream.status).toBe(200)
      stream.close()
    }
    expect(asked).toHaveLength(3)
  })

  it('send a native EventSource, which would stay away after any other status, an empty stream with a time', async () => {
    const { app } = appWith({ streams: 1 })
    using _one = await openStream(app, '/events')
    using two: TestStream = await openStream(app, '/events')
    expect(two.status).toBe(200)
    expect(two.headers.get('content-type')).toContain('text/event-stream')
    const [comment, retry, ...more] = await two.rest()
    expect(comment).toMatchObject({
      type: 'comment',
      text: expect.stringContaining('503 There are 1 streams'),
    })
    expect((retry as { retry: number }).retry).toBeGreaterThanOrEqual(5_000)
    expect(more).toEqual([])
  })

  it('hold for polls too', async () => {
    const { app } = appWith({ streams: 1 })
    using _one = await openStream(app, '/events')
    using poll = await openStream(app, '/events', as('ada', 'application/json'))
    expect(poll.status).toBe(503)
    expect(poll.headers.get('retry-after')).toMatch(/^\d+$/)
  })

  it('bound the channels of a stream', async () => {
    const { app } = appWith({ channels: 2 })
    app.get('/many', (_req, res) => {
      res.sse.subscribe(['a', 'b', 'c'])
    })
    app.use(((error, _req, res, _next) => {
      res.status(418).end(error.code)
    }) as import('express').ErrorRequestHandler)
    using stream = await openStream(app, '/many')
    expect(stream.status).toBe(418)
  })

  it.each([
    { streams: 0 },
    { perKey: -1 },
    { rate: Number.NaN },
    { perKeyRate: 0 },
    { channels: '7' as never },
  ])('cannot be %j', (limits) => {
    expect(() => sse({ limits })).toThrow(/^limits\.\w+ must be a number above 0, not/)
  })
})
