import { describe, expect, it } from 'vitest'
import { setUp, take } from '../test/client.ts'
import { SseError } from './index.ts'

/** A client on an open stream that has a name. */
async function opened(channels: string[]) {
  const bed = await setUp({ channels, headers: { Authorization: 'Bearer 1' } })
  bed.client.connect()
  const stream = await bed.server.next()
  const open = take(bed.client, 'sse.open', 1)
  stream.open()
  stream.send({ event: 'sse.open', data: { stream: 's1', heartbeat: 0, resumed: null }, id: '1' })
  await open
  return { ...bed, stream }
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

  it.each(['', 'a,b', 'a\nb', '\u0000', 'é'.repeat(129)])('cannot be called %j', async (channel) => {
    const { client } = await setUp()
    expect(() => client.subscribe(channel)).toThrow(SseError)
    await expect(setUp({ channels: [channel] })).rejects.toThrow('1–256 bytes')
  })

  it('may be called anything else', async () => {
    const { client } = await setUp()
    client.subscribe(['user:é 7', 'x'.repeat(256), '__proto__'])
  })
})
