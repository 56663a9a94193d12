import { createHub } from '@sse/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { brokerOn, newPrefix, startBroker } from './kit/broker.ts'
import { type RedisServer, startRedis } from './kit/redis-server.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

it('a hub that only publishes reads nothing, and opens one connection', async () => {
  const connections = async () =>
    String(await redis.command('CLIENT', 'LIST'))
      .trim()
      .split('\n').length
  const before = await connections()
  await redis.command('CONFIG', 'RESETSTAT')
  const broker = brokerOn(redis.port, { prefix: newPrefix() })
  const hub = createHub({ broker, publishOnly: true })
  await hub.publish('news', 'x')
  expect(await connections()).toBe(before + 1)
  expect(String(await redis.command('INFO', 'commandstats'))).not.toMatch(/cmdstat_(xread|blpop)/)
  await hub.close()
})

describe('records in Redis', () => {
  it('those of a log that is gone are not of the next one, whichever version has begun it', async () => {
    const prefix = newPrefix()
    const { broker } = await startBroker(redis.port, { prefix })
    await broker.publish(['a'], { data: '1' }, { record: 'x' })
    await redis.command('DEL', `{${prefix}}:log`, `{${prefix}}:meta`)
    const again = brokerOn(redis.port, { prefix })
    expect((await again.records?.(['a']))?.entries).toEqual([])
    await again.publish(['a'], { data: '2' }, { record: 'y' })
    expect((await again.records?.(['a']))?.entries).toMatchObject([{ record: 'y', data: '2' }])
    expect(await redis.command('HLEN', `{${prefix}}:records`)).toBe(1)
  })

  it('an entry that a former version has written has no record', async () => {
    const prefix = newPrefix()
    const { broker, recorder } = await startBroker(redis.port, { prefix })
    await broker.publish(['a'], { data: '1', event: 'e' })
    const stored = JSON.stringify(await redis.command('XRANGE', `{${prefix}}:log`, '-', '+'))
    expect(stored).toContain(JSON.stringify('[["a"],"e"]'))
    expect(recorder.received).toEqual([expect.not.objectContaining({ record: expect.anything() })])
  })

  it('more records than a channel may have: that publish rejects, and others do not', async () => {
    const broker = brokerOn(redis.port, { prefix: newPrefix() })
    const set = (record: string) => broker.publish(['a'], { data: '1' }, { record })
    await Promise.all(Array.from({ length: 10_000 }, (_, n) => set(`${n}`)))
    const outcomes = await Promise.allSettled([
      set('more'),
      set('0'),
      broker.publish(['b'], { data: '1' }, { record: 'more' }),
      broker.publish(['a'], { data: 'event' }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
    expect(outcomes[0]).toMatchObject({ reason: { code: 'too-many-records', value: 'more' } })
    expect((await broker.records?.(['a']))?.entries).toHaveLength(10_000)
    await broker.publish(['a'], { event: 'sse.end', data: '' })
    expect((await broker.records?.(['a', 'b']))?.entries).toMatchObject([{ record: 'more' }])
  })

  it('names with line feeds, and channels that begin alike, are told apart', async () => {
    const broker = brokerOn(redis.port, { prefix: newPrefix() })
    for (const [channel, record] of [
      ['a', 'x\ny\n\n'],
      ['a', 'x'],
      ['ab', 'x'],
      ['a b', 'x'],
    ] as const) {
      await broker.publish([channel], { data: `${channel}\n` }, { record })
    }
    expect((await broker.records?.(['a']))?.entries.map(({ record, data }) => [record, data])).toEqual([
      ['x\ny\n\n', 'a\n'],
      ['x', 'a\n'],
    ])
  })

  it('a key of another program is refused, and nothing is appended', async () => {
    const prefix = newPrefix()
    const { broker, head } = await startBroker(redis.port, { prefix })
    await broker.publish(['a'], { data: '1' }, { record: 'x' })
    await redis.command('DEL', `{${prefix}}:records`)
    await redis.command('SET', `{${prefix}}:records`, 'mine')
    await expect(broker.publish(['a'], { data: '2' }, { record: 'x' })).rejects.toMatchObject({
      code: 'log-corrupt',
    })
    const page = await broker.read(head, { limit: 10, signal: new AbortController().signal })
    expect(page).toMatchObject({ entries: [{ data: '1' }] })
  })

  it('rejects when the broker is closed', async () => {
    const broker = brokerOn(redis.port, { prefix: newPrefix() })
    await broker.close()
    await expect(broker.records?.(['a'])).rejects.toMatchObject({ code: 'closed' })
  })
})
