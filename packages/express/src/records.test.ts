import { openStream, type TestStream } from '@sse/express/testing'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { channels, createHub, createMemoryLog, sse } from './index.ts'

/** Records of a stream up to the last of a snapshot: `replaced` are the channels that it names. */
async function snapshotOf(stream: TestStream) {
  const { channels: replaced } = JSON.parse((await stream.next('sse.records')).data)
  const events: (string | undefined)[] = []
  for (;;) {
    const item = await stream.next()
    if (!('data' in item)) continue
    if (item.event === 'sse.records') return { replaced, events, id: item.id }
    events.push(item.event === 'sse.record' ? JSON.parse(item.data).record : item.data)
  }
}

describe.each(expressVersions)('records on %s', (_, express) => {
  async function setUp() {
    const hub = createHub({
      broker: createMemoryLog().connect(),
      channel: (name) => ({ records: name.startsWith('prices') }),
    })
    const app = express().use(sse({ hub, authorize: () => true }))
    app.get('/prices', (_req, res) => void res.sse.subscribe('prices'))
    app.get('/news', (_req, res) => void res.sse.subscribe('news'))
    app.post('/news', channels(hub))
    for (const [record, price] of [
      ['AAPL', 1],
      ['MSFT', 2],
      ['AAPL', 3],
    ] as const) {
      await hub.publish('prices', price, { record })
    }
    const poll = (path: string) => request(app).get(path).set('Accept', 'application/json')
    return { hub, app, poll, head: hub.position }
  }

  it('are given to a client without a cursor, before it is told any position', async () => {
    const { app, head } = await setUp()
    await using stream = await openStream(app, '/prices')
    expect((await stream.next('sse.open')).id).toBeFalsy()
    expect(await snapshotOf(stream)).toEqual({ replaced: ['prices'], events: ['2', '3'], id: head })
  })

  it('are given for channels that a client asks for by the query, or posts', async () => {
    const { app } = await setUp()
    await using asked = await openStream(app, '/news', { channels: ['prices'] })
    expect(await snapshotOf(asked)).toMatchObject({ replaced: ['prices'], events: ['2', '3'] })
    await using stream = await openStream(app, '/news')
    const { stream: id } = JSON.parse((await stream.next('sse.open')).data)
    await using posted = await openStream(app, '/news', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ stream: id, subscribe: ['prices'] }),
    })
    expect(posted.status).toBe(200)
    expect(await snapshotOf(stream)).toMatchObject({ replaced: ['prices'], events: ['2', '3'] })
  })

  it('are not given to a client that has a cursor', async () => {
    const { app, hub, head } = await setUp()
    await using stream = await openStream(app, '/prices', { lastEventId: head })
    await stream.next('sse.open')
    await hub.publish('prices', 4, { record: 'AAPL' })
    expect(await stream.next()).toMatchObject({ data: '4' })
  })

  it.each([
    ['the query', '?records=prices', {}],
    ['the query, for all', '?records=*', {}],
    ['the query, encoded', '?records[]=x&records[]=price%73', {}],
    ['the header', '', { 'Sse-Records': 'x, prices' }],
    ['more names than a stream has channels', `?records=${'x,'.repeat(64)}`, {}],
  ])(
    'are given to a client that has a cursor and says that it lacks them, by %s',
    async (_, query, headers) => {
      const { app, hub, head } = await setUp()
      await using stream = await openStream(app, `/prices${query}`, { lastEventId: head, headers })
      expect(await snapshotOf(stream)).toMatchObject({
        replaced: ['prices'],
        events: ['MSFT', '2', 'AAPL', '3'],
      })
      await hub.publish('prices', 4, { record: 'AAPL' })
      expect(JSON.parse((await stream.next('sse.record')).data)).toMatchObject({
        channels: ['prices'],
        record: 'AAPL',
      })
      expect(await stream.next()).toMatchObject({ data: '4' })
    },
  )

  it('are named to a client that lacks none', async () => {
    const { app, hub, head } = await setUp()
    await using stream = await openStream(app, '/prices?records=', { lastEventId: head })
    await stream.next('sse.open')
    await hub.remove('prices', 'AAPL')
    expect(JSON.parse((await stream.next('sse.removed')).data)).toEqual({ channel: 'prices', record: 'AAPL' })
    await hub.publish('prices', 4, { record: 'AAPL' })
    expect((await stream.next('sse.record')).data).toContain('AAPL')
  })

  it('come whole with the first poll, and the next one goes on from there', async () => {
    const { hub, poll, head } = await setUp()
    const { body } = await poll('/prices?records=').expect(200)
    expect(body.cursor).toBe(head)
    expect(body.events.map(({ event, data }: { event: string; data: string }) => [event, data])).toEqual([
      ['sse.records', '{"channels":["prices"]}'],
      ['sse.record', '{"channels":["prices"],"record":"MSFT"}'],
      ['message', '2'],
      ['sse.record', '{"channels":["prices"],"record":"AAPL"}'],
      ['message', '3'],
      ['sse.records', '{"channels":["prices"],"done":true}'],
    ])
    const { id } = await hub.publish('prices', 4, { record: 'AAPL' })
    const next = await poll(`/prices?lastEventId=${body.cursor}`).expect(200)
    expect(next.body).toMatchObject({ events: [{ id, data: '4' }], cursor: id })
  })

  it('a parameter that would be ignored is refused', async () => {
    const { poll } = await setUp()
    expect((await poll('/prices?records[0]=prices').expect(400)).body.detail).toContain('records=a,b')
  })
})

describe.each(expressVersions)('channels that end on %s', (_, express) => {
  async function setUp() {
    const hub = createHub({ broker: createMemoryLog().connect() })
    const app = express().use(sse({ hub }))
    app.get('/job', (_req, res) => void res.sse.subscribe('job'))
    await hub.ready
    const start = hub.position
    const { id } = await hub.publish('job', 'half')
    return { hub, app, start, id }
  }

  it('tell their streams, and close those that are on nothing else for good', async () => {
    const { hub, app } = await setUp()
    await using stream = await openStream(app, '/job')
    await stream.next('sse.open')
    await hub.end('job', { reason: 'finished' })
    expect(JSON.parse((await stream.next('sse.end')).data)).toEqual({ channel: 'job', reason: 'finished' })
    expect(JSON.parse((await stream.next('sse.close')).data)).toEqual({ reconnect: false, reason: 'ended' })
  })

  it('answer 204 when there is nothing left to read, and the rest of it before', async () => {
    const { hub, app, start, id } = await setUp()
    const { id: end } = await hub.end('job')
    await using stream = await openStream(app, '/job', { lastEventId: start })
    expect(await stream.next('message')).toMatchObject({ data: 'half', id })
    await stream.next('sse.end')
    await stream.next('sse.close')
    await request(app).get('/job').set('Accept', 'text/event-stream').expect(204)
    await request(app).get('/job').set('Accept', 'text/event-stream').set('Last-Event-ID', end).expect(204)
    await hub.publish('job', 'again')
    await using again = await openStream(app, '/job', { lastEventId: end })
    expect(await again.next('message')).toMatchObject({ data: 'again' })
  })

  it('are told to polls', async () => {
    const { hub, app, start } = await setUp()
    await hub.end('job')
    const { body } = await request(app)
      .get(`/job?lastEventId=${start}`)
      .set('Accept', 'application/json')
      .expect(200)
    expect(body.ended).toEqual(['job'])
    expect(body.events.map(({ event }: { event: string }) => event)).toEqual(['message', 'sse.end'])
  })
})
