import { once } from 'node:events'
import { openStream } from '@sse/express/testing'
import type { ErrorRequestHandler, Request, Response } from 'express'
import request from 'supertest'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { listening } from '../test/listening.ts'
import { channels, createHub, SseError, type SseOptions, sse } from './index.ts'

/** Answers every error, and keeps what was thrown. */
function answerErrors(thrown: unknown[] = []): ErrorRequestHandler {
  return (error, _req, res, _next) => {
    thrown.push(error)
    res.status(500).end((error as Error).message)
  }
}

describe.each(expressVersions)('a mistake in a route is told once, on %s', (_, express) => {
  /** A server, and what its `onError` was told. */
  async function serve(options: Omit<SseOptions, 'hub'> = {}) {
    const errors: SseError[] = []
    const hub = createHub({ heartbeat: 0, onError: (error) => errors.push(error as SseError) })
    const app = express().use(sse({ hub, ...options }))
    const { origin, close } = await listening(app)
    onTestFinished(close)
    const get = async (path: string) => {
      using stream = await openStream(origin, path)
      if (stream.isStream) await stream.rest()
      return stream.status
    }
    return { app, hub, errors, origin, get }
  }

  it.each([
    ['res.json()', (res: Response) => void res.json({})],
    ['res.end()', (res: Response) => void res.end()],
    ['res.redirect()', (res: Response) => res.redirect('/elsewhere-that-is-not')],
  ])('%s right after subscribe', async (_name, answer) => {
    const { app, hub, errors, origin } = await serve()
    app.get('/orders/:id', (_req, res) => {
      res.sse.subscribe('news')
      answer(res)
    })
    for (let count = 0; count < 3; count++) {
      await fetch(`${origin}/orders/${count}`, { redirect: 'manual' })
    }
    await expect.poll(() => errors, { timeout: 20_000 }).toHaveLength(1)
    expect(errors[0]).toMatchObject({ code: 'headers-sent' })
    expect(errors[0]?.message).toMatch(/^The stream of GET \/orders\/:id was dropped, .* not both\.$/)
    expect(hub.stats()).toMatchObject({ streams: 0, opened: 0 })
  })

  it.each([
    ['next()', (_req: Request, _res: Response, next: () => void) => next()],
    ['express.json() that lets it pass', express.json()],
  ])('%s right after subscribe', async (_name, behind) => {
    const { app, errors, origin } = await serve()
    app.post(
      '/events',
      (_req, res, next) => {
        res.sse.subscribe('news')
        next()
      },
      behind,
    )
    const body = JSON.stringify({ text: 'x'.repeat(50_000) })
    for (let count = 0; count < 2; count++) {
      await fetch(`${origin}/events`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json' },
      })
        .then((response) => response.text())
        .catch(() => {})
    }
    await expect.poll(() => errors, { timeout: 20_000 }).toHaveLength(1)
    expect(errors[0]?.message).toMatch(/POST \/events .*next\(\)/)
  })

  it('an error behind an open stream, such as one of express.json()', async () => {
    const { app, errors, origin } = await serve()
    app.set('env', 'test')
    app.post(
      '/events',
      (_req, res, next) => {
        res.sse.send('hello')
        next()
      },
      express.json(),
    )
    const headers = { 'Content-Type': 'application/json' }
    for (let count = 0; count < 2; count++) {
      using stream = await openStream(origin, '/events', { method: 'POST', body: '{"text":', headers })
      await stream.rest()
      expect(stream.state).toBe('broken')
    }
    await expect.poll(() => errors, { timeout: 20_000 }).toHaveLength(1)
    expect(errors[0]?.message).toMatch(
      /^The open stream of POST \/events was cut by this server.*express\.json\(\)/,
    )
  })

  it.each(['subscribe', 'send', 'comment', 'from'] as const)('%s after res.end()', async (name) => {
    const { app, errors, get } = await serve()
    app.get('/events', (_req, res) => {
      res.end('done')
      const use = { subscribe: 'news', send: 'x', comment: 'x', from: ['x'] } as const
      ;(res.sse[name] as (value: unknown) => unknown)(use[name])
    })
    await get('/events')
    await get('/events')
    await expect.poll(() => errors, { timeout: 20_000 }).toHaveLength(1)
    expect(errors[0]?.message).toMatch(/^The stream of GET \/events was dropped/)
  })

  it('authorize that gives something truthy', async () => {
    const asked = vi.fn(() => ({ error: 'no such room' }) as never)
    const { app, hub, errors, origin } = await serve({ authorize: asked })
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    app.post('/events', channels(hub))
    using stream = await openStream(origin, '/events?channels=a,b')
    const { data } = await stream.next('sse.open')
    expect(JSON.parse((await stream.next('sse.channels')).data)).toEqual({
      channels: ['news'],
      refused: ['a', 'b'],
    })
    const changed = await request(origin)
      .post('/events')
      .send({ stream: JSON.parse(data).stream, subscribe: ['c'] })
      .expect(200)
    expect(changed.body).toEqual({ channels: ['news'], refused: ['c'] })
    expect(asked).toHaveBeenCalledTimes(3)
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatchObject({ code: 'invalid-option', value: { error: 'no such room' } })
    expect(errors[0]?.message).toMatch(/authorize .* only true grants a channel\.$/)
  })

  it('none where an error is answered instead, where the client leaves, and where a stream ends', async () => {
    const { app, hub, errors, origin, get } = await serve()
    app.get('/forbidden', (_req, res) => {
      res.sse.subscribe('news')
      res.status(403).end()
    })
    app.get('/failed', (_req, res) => {
      res.sse.subscribe('news')
      throw new Error('failed')
    })
    app.get('/ended', (_req, res) => {
      res.sse.send('x')
      res.sse.close()
    })
    app.get('/answered', (_req, res) => {
      res.json({ closed: res.sse.closed })
      res.on('finish', () => res.sse.closed)
    })
    app.get('/left', (_req, res) => void res.sse.send('x'))
    app.use(answerErrors())
    expect([
      await get('/forbidden'),
      await get('/failed'),
      await get('/ended'),
      await get('/answered'),
    ]).toEqual([403, 500, 200, 200])
    const left = await openStream(origin, '/left')
    await left.next()
    await left.close()
    await expect.poll(() => hub.streams.size, { timeout: 20_000 }).toBe(0)
    expect(errors).toEqual([])
  })

  it('without a hub to console.error', async () => {
    const logged = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => logged.mockRestore())
    const app = express().use(sse())
    app.get('/events', (_req, res) => {
      res.end()
      res.sse.send('x')
    })
    await request(app).get('/events')
    expect(logged).toHaveBeenCalledWith(expect.any(SseError))
  })

  it('app.use(sse) and channels without the call do not hang, and say what to write', async () => {
    for (const [use, message] of [
      [sse, /app\.use\(sse\(\{ hub \}\)\)/],
      [channels, /channels\(hub\)/],
    ] as const) {
      const thrown: unknown[] = []
      const app = express().use(use as never)
      app.get('/', (_req, res) => void res.end())
      app.use(answerErrors(thrown))
      const response = await request(app).get('/').expect(500)
      expect(response.text).toMatch(message)
      expect(thrown).toMatchObject([{ name: 'SseError', code: 'invalid-option' }])
    }
  })
})

describe.each(expressVersions)('reading a property of res.sse changes nothing, on %s', (_, express) => {
  const read = ({ sse: stream }: Response) =>
    [stream.id, stream.key, stream.lastEventId, stream.channels, stream.closed, stream.signal].length

  it.each([
    ['of another site', { Origin: 'https://evil.example' }, {}],
    [
      'whose key throws',
      {},
      {
        key: () => {
          throw new Error('no session')
        },
      },
    ],
    ['over a limit', {}, { limits: { rate: 0.001 } }],
    ['that asks for nonsense', {}, {}],
  ] satisfies [string, Record<string, string>, SseOptions][])(
    'in a request %s',
    async (_name, headers, options) => {
      const hub = createHub()
      const app = express().use(sse({ hub, ...options }))
      app.get('/plain', (_req, res) => void res.status(201).json({ read: read(res) }))
      app.get('/failing', () => {
        throw new Error('the error of the app')
      })
      const handler: ErrorRequestHandler = (error: Error, _req, res, _next) => {
        res.status(418).json({ read: read(res), error: error.message })
      }
      app.use(handler)
      for (let count = 0; count < 2; count++) {
        const plain = await request(app).get('/plain?channels=a%2Cb&channels[x]=a').set(headers).expect(201)
        expect(plain.body).toEqual({ read: 6 })
        const failing = await request(app).get('/failing').set(headers).expect(418)
        expect(failing.body).toEqual({ read: 6, error: 'the error of the app' })
      }
      expect(hub.stats()).toMatchObject({ refused: 0, opened: 0, errors: 0 })
    },
  )

  it('and a key that throws reaches the route when the stream begins to open', async () => {
    const hub = createHub()
    const thrown: unknown[] = []
    const app = express().use(
      sse({
        hub,
        key: () => {
          throw new Error('no session')
        },
      }),
    )
    app.get('/subscribe', (_req, res) => void res.sse.subscribe('news'))
    app.get('/send', (_req, res) => void res.sse.send('x'))
    app.get('/from', (_req, res, next) => void res.sse.from(['x']).catch(next))
    app.use(answerErrors(thrown))
    for (const path of ['/subscribe', '/send', '/from']) {
      expect((await request(app).get(path).expect(500)).text).toBe('no session')
    }
    expect(thrown).toHaveLength(3)
    expect(hub.stats()).toMatchObject({ opened: 0, errors: 0, streams: 0 })
  })

  it('and the key is that of the moment at which the stream begins to open', async () => {
    const hub = createHub()
    const keys: unknown[] = []
    const app = express().use(sse({ hub, key: (req) => req.get('X-User') }))
    app.use((req, res, next) => {
      keys.push(res.sse.key)
      req.headers['x-user'] = 'ada'
      next()
    })
    app.get('/events', (_req, res) => {
      keys.push(res.sse.subscribe('news').key)
    })
    const { origin, server, close } = await listening(app)
    onTestFinished(close)
    using stream = await openStream(origin, '/events')
    await stream.next('sse.open')
    await hub.disconnect('ada')
    await stream.rest()
    expect(keys).toEqual([undefined, 'ada'])
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
})
