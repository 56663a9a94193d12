import { openStream } from '@sse/express/testing'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { expressVersions } from '../test/express-versions.ts'
import { channels, createHub, sse } from './index.ts'

describe.each(expressVersions)('what a client asks for, on %s', (_, express) => {
  function serve() {
    const hub = createHub()
    const app = express().use(sse({ hub, authorize: () => true }))
    app.get('/events', (_req, res) => void res.sse.subscribe([]))
    app.post('/events', channels(hub))
    return { app, hub }
  }

  async function channelsOf(query: string): Promise<unknown> {
    const { app } = serve()
    using stream = await openStream(app, `/events?${query}`)
    return JSON.parse((await stream.next('sse.channels')).data).channels
  }

  it.each([
    ['channels=a,b'],
    ['channels=a&channels=b'],
    ['channels[]=a&channels[]=b'],
    ['channels%5B%5D=a&channels%5B%5D=b'],
    ['channels=a&channels[]=b'],
    ['channels=,a,,b,&channels='],
    ['channels=a,b,a&other[x]=c,d'],
  ])('two channels are %s', async (query) => {
    expect(await channelsOf(query)).toEqual(['a', 'b'])
  })

  it.each([
    ['room%3A1', 'room:1'],
    ['a+b', 'a b'],
    ['a%2Bb', 'a+b'],
    ['a%26channels=b', 'a&channels=b'],
    ['%ED%95%9C', '한'],
    ['100%', '100%'],
    ['a=b', 'a=b'],
  ])('a name is decoded as in any query: %s', async (text, name) => {
    expect(await channelsOf(`channels=${text}`)).toEqual([name])
  })

  it.each([
    ['channels=room%2C1', /"room,1" is not a valid channel: a channel name has no comma/],
    ['channels[]=room%2c1', /"room,1"/],
    ['channels=a,b%2Cc', /"b,c"/],
    ['channels[0]=a', /"channels\[0\]" is not a known parameter: send channels=a,b or channels\[\]=a\./],
    ['channels%5Bx%5D=a', /"channels\[x\]"/],
    ['lastEventId[x]=a', /"lastEventId\[x\]" is not a known parameter: send lastEventId=… once\./],
    ['lastEventId[]=a', /"lastEventId\[\]"/],
  ])('is refused where it would be taken for something else: %s', async (query, message) => {
    const { app, hub } = serve()
    for (const accept of ['text/event-stream', 'application/json']) {
      const response = await request(app).get(`/events?${query}`).set('Accept', accept).expect(400)
      expect(response.type).toBe('application/problem+json')
      expect(JSON.parse(response.text).detail).toMatch(message)
    }
    expect(hub.stats()).toMatchObject({ opened: 0, refused: 2, errors: 0 })
  })

  it.each(['subscribe', 'unsubscribe'])('has the same names by POST: %s', async (name) => {
    const { app } = serve()
    using stream = await openStream(app, '/events')
    const { stream: id } = JSON.parse((await stream.next('sse.open')).data)
    const body = { stream: id, [name]: ['a', 'room,1'] }
    const response = await request(app).post('/events').send(body).expect(400)
    expect(JSON.parse(response.text).detail).toMatch(
      /"room,1" is not a valid channel: a channel name has no comma/,
    )
  })

  it('is left to the app where there is no hub', async () => {
    const app = express().use(sse())
    app.get('/', (_req, res) => {
      res.sse.send(res.sse.lastEventId ?? 'none')
      res.sse.close()
    })
    using stream = await openStream(app, '/?channels[x]=a&lastEventId[x]=b&channels=a%2Cb')
    expect((await stream.next()).data).toBe('none')
  })
})
