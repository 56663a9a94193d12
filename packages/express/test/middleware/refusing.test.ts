import { openStream } from '@sse/express/testing'
import timeout from 'connect-timeout'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import { afterEach, describe, expect, it } from 'vitest'
import { createHub, sse } from '../../src/index.ts'
import { expressVersions } from '../express-versions.ts'
import { type ListeningServer, listening } from '../listening.ts'

describe.each(expressVersions)('middleware that refuses, on %s', (_, express) => {
  const open: ListeningServer[] = []
  afterEach(() => {
    for (const server of open.splice(0)) server.close()
  })

  async function serve(
    use: (app: ReturnType<typeof express>) => void,
    authorize = () => Promise.resolve(false),
  ) {
    const errors: unknown[] = []
    const hub = createHub({ heartbeat: 0, onError: (error) => errors.push(error) })
    const app = express()
    use(app)
    app.use(sse({ hub, authorize }))
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    app.get('/hangs', () => {})
    const told: ErrorRequestHandler = (error: { status?: number; message: string }, _req, res, next) => {
      if (res.headersSent) next(error)
      else res.status(error.status ?? 500).json({ error: error.message })
    }
    app.use(told)
    const server = await listening(app)
    open.push(server)
    const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
      openStream(server.origin, path, { headers })
    return { hub, errors, get }
  }

  it('connect-timeout: a stream that has opened is not timed out', async () => {
    const { hub, get } = await serve((app) => void app.use(timeout('1s')))
    await using stream = await get('/events')
    await stream.next('sse.open')
    // Asked for later, and so timed out later than the stream would have been.
    expect((await get('/hangs')).status).toBe(503)
    await hub.publish('news', 'still here', { event: 'note' })
    expect((await stream.next('note')).data).toBe('still here')
  })

  it('connect-timeout: a stream whose `authorize` takes longer is answered by the app, once, and nothing is left open', async () => {
    const asked = Promise.withResolvers<boolean>()
    const slow: RequestHandler = (req, res, next) =>
      req.query['channels'] ? timeout('100ms')(req, res, next) : next()
    const { hub, get } = await serve(
      (app) => void app.use(slow),
      () => asked.promise,
    )
    const answer = await get('/events?channels=slow')
    expect(answer.status).toBe(503)
    expect(await answer.json()).toEqual({ error: 'Response timeout' })
    asked.resolve(true)
    expect((await get('/events')).isStream).toBe(true)
    expect(hub.streams.size).toBe(1)
  })

  it('express-rate-limit: streams, polls and clients that leave count as requests, and a refusal says when to come back', async () => {
    const { hub, get } = await serve(
      (app) => void app.use(rateLimit({ limit: 3, standardHeaders: 'draft-8', legacyHeaders: false })),
    )
    const stream = await get('/events')
    await stream.next('sse.open')
    await stream.close()
    await expect.poll(() => hub.streams.size).toBe(0)
    expect((await get('/events', { Accept: 'application/json' })).status).toBe(200)
    await using last = await get('/events')
    await last.next('sse.open')
    for (const accept of ['text/event-stream', 'application/json']) {
      const refused = await get('/events', { Accept: accept })
      expect(refused.status).toBe(429)
      expect(refused.headers.get('Retry-After')).toMatch(/^\d+$/)
    }
    await hub.publish('news', 'to those inside', { event: 'note' })
    expect((await last.next('note')).data).toBe('to those inside')
  })
})
