import { openStream } from '@sse/core/testing'
import { describe, expect, it } from 'vitest'
import { expressVersions } from '../express-versions.test-kit.ts'
import { channels, createHub, type Origins, SseError, sse } from '../index.ts'

describe.each(expressVersions)('pages of other sites on %s', (_, express) => {
  async function statusOf(headers: Record<string, string>, origins?: Origins, cors?: string) {
    const hub = createHub()
    const app = express()
    app.use((_req, res, next) => {
      if (cors) res.set('Access-Control-Allow-Origin', cors)
      next()
    })
    app.use(sse({ hub, ...(origins && { origins }) }))
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    app.post('/events', channels(hub))
    using stream = await openStream(app, '/events', { headers })
    return { status: stream.status, hub }
  }

  const evil = 'https://evil.example'

  it.each([
    [200, 'a client that is no page', {}],
    [200, 'a page of its own', { 'Sec-Fetch-Site': 'same-origin' }],
    [200, 'an address that was typed in', { 'Sec-Fetch-Site': 'none' }],
    [200, 'a page of the same site', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://www.app.example' }],
    [200, 'a page of its own in a browser without Fetch Metadata', { Origin: 'http://localhost:5173' }],
    [403, 'a page of another site', { 'Sec-Fetch-Site': 'cross-site', Origin: evil }],
    [403, 'an image of another site', { 'Sec-Fetch-Site': 'cross-site' }],
    [403, 'a page of another site in a browser without Fetch Metadata', { Origin: evil }],
    [403, 'a page without an origin', { Origin: 'null' }],
  ])('are answered %i by default: %s', async (status, __, headers) => {
    expect((await statusOf(headers)).status).toBe(status)
  })

  it('are let in when the CORS headers of the app let them read the response', async () => {
    const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: evil }
    expect((await statusOf(headers, undefined, evil)).status).toBe(200)
    expect((await statusOf(headers, undefined, '*')).status).toBe(200)
    expect((await statusOf(headers, undefined, 'https://app.example')).status).toBe(403)
  })

  it.each([
    [200, 'https://app.example', { Origin: 'https://app.example', 'Sec-Fetch-Site': 'cross-site' }],
    [403, 'https://app.example', { Origin: evil, 'Sec-Fetch-Site': 'same-site' }],
    [403, 'https://app.example', { 'Sec-Fetch-Site': 'same-site' }],
    [200, ['https://a.example', evil], { Origin: evil }],
    [200, '*', { Origin: evil, 'Sec-Fetch-Site': 'cross-site' }],
    [200, (origin: string) => origin.endsWith('.example'), { Origin: evil }],
    [403, () => false, { Origin: evil }],
    [200, () => false, { 'Sec-Fetch-Site': 'same-origin' }],
  ] as const)('are answered %i with origins: %s', async (status, origins, headers) => {
    expect((await statusOf({ ...headers }, origins)).status).toBe(status)
  })

  it('are refused before anything is opened, with a problem that names the way out', async () => {
    const hub = createHub()
    const app = express().use(sse({ hub }))
    app.get('/events', (_req, res) => {
      expect(res.sse.subscribe('news').closed).toBe(true)
      expect(res.sse.send('x')).toBe(false)
    })
    using stream = await openStream(app, '/events', { headers: { Origin: evil } })
    expect(stream.headers.get('content-type')).toBe('application/problem+json')
    expect(hub.stats()).toMatchObject({ opened: 0, channels: 0 })
  })

  it.each(['app.example', 'https://app.example/', 'https://app.example/path', 7])(
    'cannot be %j',
    (origin) => {
      expect(() => sse({ origins: [origin as string] })).toThrow(SseError)
    },
  )
})
