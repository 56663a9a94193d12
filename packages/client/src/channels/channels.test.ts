import { startSseServer } from '@sse/testbed/sse-server'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { setUp, setUpAnnounced, take } from '../../test/client.ts'
import { createSseClient, SseError } from '../index.ts'

/** Names good and bad: any text, and those around what is forbidden. */
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom(
    'sse:',
    'sse',
    'sse:x',
    'Sse:x',
    ' ',
    'x'.repeat(256),
    'x'.repeat(257),
    'é'.repeat(128),
    'a,b',
  ),
  fc.integer({ min: 0, max: 0x2100 }).map((code) => `a${String.fromCharCode(code)}`),
)

/** A client on an open stream that has a name. */
const opened = (channels: string[]) => setUpAnnounced({ channels, headers: { Authorization: 'Bearer 1' } })

/** A POST is under way, and is not answered. */
async function posting() {
  const { client, server } = await opened([])
  client.subscribe('a')
  return { client, server, post: await server.next() }
}

describe('channels', () => {
  it('that are wished for travel with every connect', async () => {
    const { client, server } = await setUp({ channels: ['a'] })
    client.subscribe(['b', 'c'])
    client.unsubscribe('a')
    client.connect()
    expect((await server.next()).url.searchParams.get('channels')).toBe('b,c')
    client.subscribe('d')
    client.reconnect()
    expect((await server.next()).url.searchParams.get('channels')).toBe('b,c,d')
  })

  it('of an open stream are changed by one POST for all calls of a turn', async () => {
    const { client, server } = await opened(['a', 'b'])
    client.subscribe('c')
    client.subscribe('d')
    client.unsubscribe(['a', 'd', 'unknown'])
    const { method, url, headers, body, answer } = await server.next()
    expect([method, url.pathname, url.search]).toEqual(['POST', '/events', ''])
    expect(headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer 1' })
    expect(JSON.parse(body)).toEqual({ stream: 's1', subscribe: ['c'], unsubscribe: ['a'] })
    answer(204)
    expect(server.waiting).toBe(0)
  })

  it('that change while a POST is under way go with the next one', async () => {
    const { client, server } = await opened([])
    client.subscribe('a')
    const first = await server.next()
    client.unsubscribe('a')
    client.subscribe('b')
    first.answer(200)
    const second = await server.next()
    expect(JSON.parse(second.body)).toEqual({ stream: 's1', subscribe: ['b'], unsubscribe: ['a'] })
    second.answer(200)
  })

  it('that changed before the stream had a name are told when it has one', async () => {
    const { client, server } = await setUp({ channels: ['a'] })
    client.connect()
    const stream = await server.next()
    client.subscribe('b')
    stream.open()
    stream.send({ event: 'sse.open', data: { stream: 's1' } })
    const { body, answer } = await server.next()
    expect(JSON.parse(body)).toEqual({ stream: 's1', subscribe: ['b'], unsubscribe: [] })
    answer(200)
  })

  it.each([404, 405, 500])('travel with a new connection where the POST is answered %i', async (status) => {
    const { client, server, stream } = await opened([])
    client.subscribe('a')
    const { answer } = await server.next()
    answer(status)
    const { method, url, headers } = await server.next()
    expect([method, url.searchParams.get('channels')]).toEqual(['GET', 'a'])
    expect(headers['last-event-id']).toBe('1')
    await stream.closed
  })

  it('that are no change are not told', async () => {
    const { client, server } = await opened(['a'])
    client.subscribe('a')
    client.unsubscribe('b')
    client.subscribe('c')
    const { body, answer } = await server.next()
    expect(JSON.parse(body).subscribe).toEqual(['c'])
    answer(200)
    expect(server.waiting).toBe(0)
  })

  it.each(['', 'a,b', 'a\nb', '\u0000', '\u0085', 'é'.repeat(129), 'sse:control', '\uD800'])(
    'cannot be called %j, and then no wish of the call counts',
    async (channel) => {
      const { client, server } = await setUp()
      expect(() => client.subscribe(['a', channel])).toThrow(SseError)
      await expect(setUp({ channels: [channel] })).rejects.toThrow('1–256 bytes')
      client.connect()
      expect((await server.next()).url.search).toBe('')
    },
  )

  it('have the names that the server takes, and no others', async () => {
    const { hub } = await startSseServer()
    await fc.assert(
      fc.asyncProperty(name, async (channel) => {
        const taken = await hub.publish(channel, 1).then(
          () => true,
          () => false,
        )
        // The comma separates names in the query: the server reads two names, and refuses none.
        const here = () => createSseClient('http://a.example/', { channels: [channel] })
        if (taken && !channel.includes(',')) expect(here).not.toThrow()
        else expect(here).toThrow(SseError)
      }),
      { numRuns: 500 },
    )
  })

  it.each([400, 413])(
    'that the server takes for bad (%i) are refused, and the stream stays',
    async (status) => {
      const { client, server, stream } = await opened(['a', 'b'])
      const told = take(client, 'sse.channels', 2)
      stream.send({ event: 'sse.channels', data: { channels: ['a', 'b'], refused: ['x'] } })
      await vi.waitFor(() => expect(client.channels.refused).toEqual(['x']))
      client.subscribe('c')
      client.unsubscribe('a')
      ;(await server.next()).answer(status)
      expect((await told)[1]).toEqual({ channels: ['a', 'b'], refused: ['x', 'c'] })
      const second = await server.next()
      expect(JSON.parse(second.body)).toEqual({ stream: 's1', subscribe: [], unsubscribe: ['a'] })
      second.answer(200)
      client.reconnect()
      expect((await server.next()).url.searchParams.get('channels')).toBe('b')
    },
  )

  it('do not wait for ever for the answer to a POST', async () => {
    const { client, server, clock, stream } = await opened([])
    client.subscribe('a')
    await server.next()
    clock.advance(30_000)
    expect((await server.next()).url.searchParams.get('channels')).toBe('a')
    await stream.closed
  })

  it('of a new connection are not held up by a POST for the former one', async () => {
    const { client, server, post } = await posting()
    client.reconnect()
    const second = await server.next()
    const open = take(client, 'sse.open', 1)
    second.open()
    second.send({ event: 'sse.open', data: { stream: 's2' } })
    await open
    client.subscribe('b')
    expect(JSON.parse((await server.next()).body)).toEqual({
      stream: 's2',
      subscribe: ['b'],
      unsubscribe: [],
    })
    await post.closed
  })

  it('do not connect a client again that is closed while a POST is under way', async () => {
    const { client, server, post } = await posting()
    client.close()
    await post.closed
    expect([client.state.status, server.waiting]).toEqual(['closed', 0])
  })

  it('are a set: asked for twice and given up once, one is not asked for', async () => {
    const { client, server } = await setUp()
    client.subscribe('a')
    client.subscribe('a')
    client.unsubscribe('a')
    client.connect()
    expect((await server.next()).url.search).toBe('')
  })

  it('may be called anything else', async () => {
    const { client } = await setUp()
    client.subscribe(['user:é 7', 'x'.repeat(256), '__proto__'])
  })
})
