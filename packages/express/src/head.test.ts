import { openStream } from '@sse/express/testing'
import type { Response } from 'express'
import { describe, expect, it } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { createHub, sse } from './index.ts'

describe.each(expressVersions)('the head of what is answered, on %s', (_, express) => {
  /** What a route with these headers answers. */
  async function headOf(set: (response: Response) => unknown, accept: string, path = '/events') {
    const app = express().use(sse({ hub: createHub(), limits: { streams: 1 } }))
    app.use((_req, res, next) => {
      set(res)
      next()
    })
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    app.get('/away', (_req, res) => res.sse.close({ reconnect: false }))
    app.get('/later', (_req, res) => void res.sse.subscribe('news', { expires: new Date(0) }))
    app.get('/many', (_req, res) => void res.sse.subscribe('news'))
    using other = path === '/many' ? await openStream(app, '/events') : undefined
    using answer = await openStream(app, path, { headers: { Accept: accept } })
    expect(other?.status ?? 200).toBe(200)
    const first = answer.isStream ? await answer.read() : await answer.text()
    return { status: answer.status, headers: answer.headers, first }
  }

  const stream = 'text/event-stream'
  const poll = 'application/json'

  it.each([
    [stream, '/events', 200],
    [poll, '/events', 200],
    [stream, '/away', 204],
    [stream, '/later', 401],
    [poll, '/later', 401],
  ])('has nosniff: %s of %s', async (accept, path, status) => {
    const head = await headOf(() => {}, accept, path)
    expect(head.status).toBe(status)
    expect(head.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it.each([
    ['private, no-store', 'private, no-store, no-transform', 'private, no-store'],
    ['private', 'private, no-transform', 'private, no-store'],
    ['No-Transform, max-age=0', 'No-Transform, max-age=0', 'No-Transform, max-age=0, no-store'],
    [undefined, 'no-cache, no-transform', 'no-store'],
  ])('keeps the Cache-Control of the app: %s', async (own, ofStream, ofPoll) => {
    const set = (response: Response) => own && response.set('Cache-Control', own)
    expect((await headOf(set, stream)).headers.get('cache-control')).toBe(ofStream)
    expect((await headOf(set, poll)).headers.get('cache-control')).toBe(ofPoll)
  })

  it('keeps what else the app has set, but not what would make the body something else', async () => {
    const set = (response: Response) =>
      response.set({
        'X-Accel-Buffering': 'yes',
        'X-App': 'mine',
        Vary: 'Cookie',
        'Content-Type': 'text/html',
        'Content-Length': '7',
        'Content-Encoding': 'gzip',
      })
    for (const [accept, type] of [
      [stream, 'text/event-stream; charset=utf-8'],
      [poll, 'application/json; charset=utf-8'],
    ] as const) {
      const { headers, first } = await headOf(set, accept)
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-accel-buffering': 'yes',
        'x-app': 'mine',
        vary: 'Cookie, Accept',
        'content-type': type,
      })
      expect(headers.has('content-encoding')).toBe(false)
      if (accept === stream) expect(first).toMatchObject({ type: 'comment' })
      else expect(JSON.parse(String(first))).toMatchObject({ events: [] })
    }
  })
})
