import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { expressVersions } from './express-versions.test-kit.ts'
import { createHub, sse } from './index.ts'

describe.each(expressVersions)('polls on %s', (_, express) => {
  function setUp() {
    const hub = createHub()
    const app = express().use(sse({ hub, authorize: (_req, channel) => channel === 'extra' }))
    app.get('/events', (_req, res) => void res.sse.subscribe('news'))
    app.get('/gone', (_req, res) => res.sse.close({ reconnect: false }))
    app.get('/expired', (_req, res) => void res.sse.subscribe('news', { expires: new Date(0) }))
    const poll = (path = '/events', accept = 'application/json') =>
      request(app).get(path).set('Accept', accept)
    return { hub, app, poll }
  }

  it('answer on the same route, without being stored', async () => {
    const { hub, poll } = setUp()
    const response = await poll().expect(200)
    expect(response.body).toEqual({ events: [], cursor: hub.position })
    expect(response.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      vary: expect.stringContaining('Accept'),
    })
  })

  it('go on from the cursor, with data as the text on the wire', async () => {
    const { hub, poll } = setUp()
    const { cursor } = (await poll()).body
    const { id } = await hub.publish('news', { title: 'Hi' }, { event: 'notification' })
    const response = await poll(`/events?lastEventId=${cursor}`)
    expect(response.body).toEqual({
      events: [{ id, event: 'notification', data: '{"title":"Hi"}' }],
      cursor: id,
    })
  })

  it.each(['wait=5', 'respond-async, wait=5', 'wait="5"', 'WAIT = 5; x=1'])(
    'wait for the first event: Prefer: %s',
    async (prefer) => {
      const { hub, poll } = setUp()
      const { cursor } = (await poll()).body
      const waiting = poll()
        .set('Last-Event-ID', cursor)
        .set('Prefer', prefer)
        .then((response) => response.body)
      await expect.poll(() => hub.streams.size).toBe(1)
      await hub.publish('news', 'late')
      expect((await waiting).events).toMatchObject([{ event: 'message', data: 'late' }])
    },
  )

  it.each([
    ['application/json', 'application/json; charset=utf-8'],
    ['application/*', 'application/json; charset=utf-8'],
    ['text/event-stream;q=0.5, application/json', 'application/json; charset=utf-8'],
  ])('are what asks for JSON: Accept: %s', async (accept, type) => {
    const { poll } = setUp()
    expect((await poll('/events', accept)).headers['content-type']).toBe(type)
  })

  it('ask for channels as streams do', async () => {
    const { poll } = setUp()
    const { body } = await poll('/events?channels=extra,secret')
    expect(body.channels).toEqual({ channels: ['news', 'extra'], refused: ['secret'] })
  })

  it('see the status: 204 for staying away, 401 when the credentials ran out', async () => {
    const { poll } = setUp()
    await poll('/gone').expect(204)
    const response = await poll('/expired').expect(401)
    expect(response.type).toBe('application/problem+json')
  })

  it('leave a response alone that has begun as something else', async () => {
    const { app, poll } = setUp()
    app.get('/mixed', (_req, res) => {
      res.sse.subscribe('news')
      res.json({ mine: true })
    })
    expect((await poll('/mixed').expect(200)).body).toEqual({ mine: true })
  })
})
