import { createHub, createMemoryLog, type SseStream } from '@sse/core'
import type { TestStream } from '@sse/core/testing'
import { describe, expect, it } from 'vitest'
import type { Adapter, Asked } from './adapter.ts'
import { type Served, serve } from './serving.ts'

/** How the channels of an open stream change. */
export function channelTests(adapter: Adapter): void {
  describe('channels of an open stream', () => {
    async function server(log = createMemoryLog(), keyed = true) {
      const hub = createHub({ broker: log.connect() })
      const served = await serve(adapter, {
        hub,
        ...(keyed && { key: (asked: Asked) => asked.header('X-User') }),
        authorize: async (channel, asked) =>
          channel.startsWith('topic:') || channel === `user:${asked.header('X-User')}`,
        routes: { '/events': (stream) => void stream.subscribe('news') },
      })
      return { hub, ...served }
    }

    const ada = { 'X-User': 'ada' }
    const openAs = (app: Served, query = '') => app.open(`/events${query}`, { headers: ada })
    const idOf = async (stream: TestStream) =>
      JSON.parse((await stream.next('sse.open')).data).stream as string

    it('are asked for by the query, and judged on every connect', async () => {
      const { hub, ...app } = await server()
      using stream = await openAs(app, '?channels=topic:vue,user:bob&channels=user:ada')
      expect(JSON.parse((await stream.next('sse.channels')).data)).toEqual({
        channels: ['news', 'topic:vue', 'user:ada'],
        refused: ['user:bob'],
      })
      await hub.publish('user:bob', 'not for ada')
      await hub.publish('topic:vue', 'hello')
      expect((await stream.next('message')).data).toBe('hello')
    })

    it.each([
      ['the header Sse-Shared', '', { 'Sse-Shared': '1' }],
      ['the query, where no header can be sent', '&shared=1', {}],
    ])(
      'are named with each event to tabs that share a stream, which is said by %s',
      async (_, query, headers) => {
        const { hub, ...app } = await server()
        using stream = await app.open(`/events?channels=topic:vue${query}`, {
          headers: { ...ada, ...headers },
        })
        expect(JSON.parse((await stream.next('sse.channels')).data)).toMatchObject({ asked: ['topic:vue'] })
        const { id } = await hub.publish(['topic:vue', 'user:bob'], 'hello')
        const label = await stream.next('sse.event')
        expect(JSON.parse(label.data)).toEqual({ id, channels: ['topic:vue'] })
        expect((await stream.next('message')).id).toBe(id)
        using other = await app.open('/events?channels=topic:vue&shared=no', { headers: ada })
        expect(JSON.parse((await other.next('sse.channels')).data)).not.toHaveProperty('asked')
      },
    )

    it('are changed by POST, and confirmed on the stream', async () => {
      const { hub, ...app } = await server()
      using stream = await openAs(app)
      const id = await idOf(stream)
      const body = { stream: id, subscribe: ['topic:vue', 'user:bob'], unsubscribe: ['news'] }
      const response = await app.post(body, ada)
      expect(response.status).toBe(200)
      const changed = JSON.parse(await response.text())
      expect(changed).toEqual({ channels: ['topic:vue'], refused: ['user:bob'] })
      expect(JSON.parse((await stream.next('sse.channels')).data)).toEqual(changed)
      await hub.publish('news', 'left')
      await hub.publish('topic:vue', 'joined')
      expect((await stream.next('message')).data).toBe('joined')
    })

    it('are changed whichever process holds the stream', async () => {
      const log = createMemoryLog()
      const [one, two] = [await server(log), await server(log)]
      using stream = await openAs(one)
      const body = { stream: await idOf(stream), subscribe: 'topic:vue' }
      expect((await two.post(body, ada)).status).toBe(200)
      await two.hub.publish('topic:vue', 'hello')
      expect((await stream.next('message')).data).toBe('hello')
    })

    it('a stream is pinged once it has passed a position, whichever process holds it', async () => {
      const log = createMemoryLog()
      const [one, two] = [await server(log), await server(log)]
      using stream = await openAs(one)
      const id = await idOf(stream)
      for (const app of [one, two]) {
        const written = await two.hub.publish('elsewhere', 'written')
        const body = { stream: id, reached: written.id }
        const response = await app.post(body, ada)
        expect(await response.json()).toEqual({ reached: written.id })
        expect((await stream.next('sse.ping')).id).toBe(written.id)
        expect((await app.post(body, { 'X-User': 'bob' })).status).toBe(404)
        expect((await app.post({ stream: id, reached: 'yesterday' }, ada)).status).toBe(400)
      }
    })

    it('are changed by nobody but the key that opened the stream', async () => {
      const app = await server()
      using stream = await openAs(app)
      const body = { stream: await idOf(stream), subscribe: ['topic:vue'] }
      const response = await app.post(body, { 'X-User': 'eve' })
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
    })

    it('are changed by who knows the id, where there are no keys', async () => {
      const app = await server(undefined, false)
      using stream = await openAs(app)
      const body = { stream: await idOf(stream), subscribe: ['topic:vue'] }
      expect((await app.post(body)).status).toBe(200)
    })

    it('stay as they are when the stream is unknown', async () => {
      const app = await server()
      expect((await app.post({ stream: 'nobody', subscribe: ['topic:x'] }, ada)).status).toBe(404)
    })

    it.each([
      ['no JSON', '{"stream": ', 'application/json', /could not be read as JSON/],
      [
        'another content type',
        'stream=x',
        'application/x-www-form-urlencoded',
        /Content-Type: application\/json/,
      ],
      ['no stream', '{}', 'application/json', /"stream"/],
      [
        'a channel that is none',
        '{"stream":"x","subscribe":["sse:control"]}',
        'application/json',
        /"sse:control"/,
      ],
      [
        'a channel that is no text',
        '{"stream":"x","unsubscribe":[7]}',
        'application/json',
        /7 is not a valid channel/,
      ],
      [
        'too many channels',
        JSON.stringify({ stream: 'x', subscribe: Array(65).fill('a') }),
        'application/json',
        /65/,
      ],
    ])('are not changed by %s: 400', async (__, body, type, message) => {
      const app = await server()
      const response = await app.post(body, { 'Content-Type': type })
      expect(response.status).toBe(400)
      expect(JSON.parse(await response.text()).detail).toMatch(message)
    })

    it('are not changed by a page of another site', async () => {
      const app = await server()
      const body = { stream: 'x', subscribe: ['topic:x'] }
      expect((await app.post(body, { Origin: 'https://evil.example' })).status).toBe(403)
    })

    it('leave it to the app when authorize fails', async () => {
      const hub = createHub()
      const app = await serve(adapter, {
        hub,
        authorize: () => {
          throw new Error('database down')
        },
        routes: { '/events': (stream) => void stream.subscribe('news') },
      })
      using stream = await app.open()
      const response = await app.post({ stream: await idOf(stream), subscribe: ['a'] })
      expect([response.status, await response.text()]).toEqual([500, 'database down'])
    })

    it('are not changed by a body of more than 256 kB', async () => {
      const app = await server()
      const response = await app.post({ stream: 'x', subscribe: ['a'.repeat(300_000)] })
      expect(response.status).toBe(413)
    })
  })
}

/** How the query names channels and the cursor. */
export function queryTests(adapter: Adapter): void {
  describe('what a client asks for', () => {
    async function server() {
      const hub = createHub()
      const routes = { '/events': (stream: SseStream) => void stream.subscribe([]) }
      return { hub, ...(await serve(adapter, { hub, authorize: () => true, routes })) }
    }

    async function channelsOf(query: string): Promise<unknown> {
      const { open } = await server()
      using stream = await open(`/events?${query}`)
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
      const { ask, hub } = await server()
      for (const accept of ['text/event-stream', 'application/json']) {
        const response = await ask(`/events?${query}`, { Accept: accept })
        expect(response.status).toBe(400)
        expect(response.headers.get('content-type')).toBe('application/problem+json')
        expect(JSON.parse(await response.text()).detail).toMatch(message)
      }
      expect(hub.stats()).toMatchObject({ opened: 0, refused: 2, errors: 0 })
    })

    it.each(['subscribe', 'unsubscribe'])('has the same names by POST: %s', async (name) => {
      const { open, post } = await server()
      using stream = await open()
      const { stream: id } = JSON.parse((await stream.next('sse.open')).data)
      const body = { stream: id, [name]: ['a', 'room,1'] }
      const response = await post(body)
      expect(response.status).toBe(400)
      expect(JSON.parse(await response.text()).detail).toMatch(
        /"room,1" is not a valid channel: a channel name has no comma/,
      )
    })

    it('is left to the app where there is no hub', async () => {
      const { open } = await serve(adapter, {
        routes: {
          '/events': (stream) => {
            stream.send(stream.lastEventId ?? 'none')
            stream.close()
          },
        },
      })
      using stream = await open('/events?channels[x]=a&lastEventId[x]=b&channels=a%2Cb')
      expect((await stream.next()).data).toBe('none')
    })
  })
}
