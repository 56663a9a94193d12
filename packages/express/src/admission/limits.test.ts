import { openStream, type TestStream } from '@sse/core/testing'
import { describe, expect, it } from 'vitest'
import { expressVersions } from '../express-versions.test-kit.ts'
import { createHub, type Limits, sse } from '../index.ts'
import { RateLimit } from './rate-limit.ts'

const problems = 'text/event-stream, application/problem+json'

describe.each(expressVersions)('limits on %s', (_, express) => {
  function appWith(limits: Limits) {
    const hub = createHub()
    const app = express().use(sse({ hub, limits, key: (req) => req.get('X-User') }))
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
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
    await expect.poll(() => hub.streams.size).toBe(0)
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

  it.each([{ streams: 0 }, { perKey: -1 }, { rate: Number.NaN }, { channels: '7' as never }])(
    'cannot be %j',
    (limits) => {
      expect(() => sse({ limits })).toThrow(/^limits\.\w+ is a number above 0, not/)
    },
  )
})

describe('the rate of new streams', () => {
  it('is that many a second, of which a second’s worth may come at once', () => {
    let now = 0
    const limit = new RateLimit(4, () => now)
    const taken = () => Array.from({ length: 10 }, () => limit.take()).filter(Boolean).length
    expect(taken()).toBe(4)
    now += 250
    expect(taken()).toBe(1)
    now += 60_000
    expect(taken()).toBe(4)
  })
})
