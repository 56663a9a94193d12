import { openStream } from '@sse/express/testing'
import { describe, expect, it } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { SseError, sse } from './index.ts'

describe.each(expressVersions)('res.sse.send on %s', (_, express) => {
  it('opens the stream with the headers that keep proxies from holding it back', async () => {
    const app = express().use(sse())
    app.get('/clock', (_req, res) => {
      res.set('X-App', 'mine')
      res.sse.send({ now: 1 }, { event: 'tick', id: 7, retry: 3_000 })
    })
    using stream = await openStream(app, '/clock')
    expect(stream.status).toBe(200)
    expect(Object.fromEntries(stream.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-app': 'mine',
    })
    expect(await stream.next()).toEqual({
      type: 'event',
      event: 'tick',
      data: '{"now":1}',
      id: '7',
      retry: 3_000,
    })
  })

  it('begins with a byte, so that browsers and proxies open at once', async () => {
    const app = express().use(sse({ retry: [4_000, 4_000] }))
    app.get('/', (_req, res) => void res.sse.comment('hello'))
    using stream = await openStream(app, '/')
    expect(await stream.read()).toEqual({ type: 'comment', text: '' })
    expect(await stream.read()).toEqual({ type: 'retry', retry: 4_000 })
    expect(await stream.read()).toEqual({ type: 'comment', text: 'hello' })
  })

  it('answers false after the client left, and throws nothing', async () => {
    const left = Promise.withResolvers<unknown>()
    const app = express().use(sse())
    app.get('/', (_req, res) => {
      res.sse.send('first')
      res.on('close', () =>
        left.resolve([res.sse.send('x'), res.sse.comment(), res.sse.closed, res.sse.signal.reason]),
      )
    })
    const stream = await openStream(app, '/')
    await stream.next()
    stream.close()
    expect(await left.promise).toEqual([false, false, true, expect.objectContaining({ code: 'client' })])
  })

  it('lets an error of the app reach its error handling, because nothing was written', async () => {
    const app = express().use(sse())
    app.get('/', (_req, res) => void res.sse.send('x', { event: 'a\nb' as 'message' }))
    app.use(((error, _req, res, _next) => {
      res.status(418).json({ code: (error as SseError).code, isOurs: error instanceof SseError })
    }) as Parameters<typeof app.use>[0] & ((...all: [unknown, unknown, Answer, unknown]) => void))
    using stream = await openStream(app, '/')
    expect(stream.status).toBe(418)
  })

  it('says so when the response has begun as something else', async () => {
    const caught = Promise.withResolvers<unknown>()
    const app = express().use(sse())
    app.get('/', (_req, res) => {
      res.write('hello')
      try {
        res.sse.send('x')
      } catch (error) {
        caught.resolve(error)
      }
      res.end()
    })
    using _stream = await openStream(app, '/')
    expect(await caught.promise).toMatchObject({ name: 'SseError', code: 'headers-sent' })
  })

  it('costs nothing where it is not used', async () => {
    const app = express().use(sse())
    app.get('/plain', (_req, res) => void res.json({ own: Object.getOwnPropertySymbols(res).map(String) }))
    using stream = await openStream(app, '/plain')
    expect(stream.headers.get('content-type')).toContain('application/json')
  })
})

interface Answer {
  status(code: number): { json(body: unknown): void }
}
