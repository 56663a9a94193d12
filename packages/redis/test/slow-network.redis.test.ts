import { startTcpProxy, until } from '@sse/testbed'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { brokerOn, newPrefix, startBroker } from './kit/broker.ts'
import { type RedisServer, startRedis } from './kit/redis-server.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

const { signal } = new AbortController()
/** Bytes per second of a network of 100 Mbit/s. */
const network = 12_500_000
const patience = { timeout: 60_000 }

async function startProxy(bytesPerSecond = network) {
  const proxy = await startTcpProxy(redis.port)
  proxy.slow(bytesPerSecond)
  onTestFinished(() => proxy.close())
  return proxy
}

/** Appends so many events of so many bytes. @returns their ids */
async function fill(prefix: string, count: number, bytes: number): Promise<string[]> {
  const broker = brokerOn(redis.port, { prefix, timeout: 60_000 })
  const ids: string[] = []
  for (let n = 0; n < count; n += 50) {
    const some = Array.from({ length: Math.min(50, count - n) }, (_, index) =>
      broker.publish(['news'], { data: `${n + index} `.padEnd(bytes, 'x') }),
    )
    ids.push(...(await Promise.all(some)).map(({ id }) => id))
  }
  await broker.close()
  return ids
}

it('a broker that was cut off catches up with 600 events of 63 KiB', async () => {
  const prefix = newPrefix()
  const proxy = await startProxy()
  const { recorder } = await startBroker(proxy.port, { prefix })
  proxy.cut()
  await until(() => recorder.states.at(-1) === 'down')
  const ids = await fill(prefix, 600, 64_512)
  proxy.mend()
  await until(() => recorder.received.length === 600, patience)
  expect(recorder.received.map(({ id }) => id)).toEqual(ids)
  expect(recorder.breaks).toEqual([])
}, 90_000)

it('a broker starts, and reads pages for several clients at the same time', async () => {
  const prefix = newPrefix()
  const ids = await fill(prefix, 600, 64_512)
  const proxy = await startProxy()
  // All pages together take ten seconds. A busy machine may stop for longer than the two seconds that are the default.
  const { broker, head, tail, recorder } = await startBroker(proxy.port, { prefix, timeout: 5_000 })
  expect(head).toBe(ids.at(-1))
  expect(tail.map(({ id }) => id)).toEqual(ids.slice(-tail.length))
  expect(tail.length).toBe(260)
  const pages = ids.slice(0, 8).map((id) => broker.read(id, { limit: 256, signal }))
  for (const [index, page] of (await Promise.all(pages)).entries())
    expect(page).toMatchObject({ entries: { 0: { id: ids[index + 1] } }, done: false })
  expect(recorder.states).toEqual(['up'])
}, 90_000)

it('an entry that takes longer than the timeout comes all the same', async () => {
  const prefix = newPrefix()
  const ids = await fill(prefix, 4, 64_512)
  const proxy = await startProxy(150_000)
  const { broker, tail } = await startBroker(proxy.port, { prefix, timeout: 250 })
  expect(tail.map(({ id }) => id)).toEqual(ids)
  await until(() => broker.read(ids[0]!, { limit: 1, signal }), patience)
}, 90_000)

it('a start goes on for as long as something comes', async () => {
  const prefix = newPrefix()
  const ids = await fill(prefix, 100, 64_512)
  // It takes eight seconds. A busy machine may stop for longer than one or two.
  const proxy = await startProxy(800_000)
  const { tail } = await startBroker(proxy.port, { prefix, startTimeout: 5_000 })
  expect(tail.map(({ id }) => id)).toEqual(ids)
}, 90_000)

it('a start that is cut off in the middle goes on there', async () => {
  const prefix = newPrefix()
  const ids = await fill(prefix, 200, 64_512)
  const proxy = await startProxy(8_000_000)
  const starting = startBroker(proxy.port, { prefix })
  await until(() => proxy.replyBytes > 6_000_000)
  proxy.cut()
  const before = proxy.replyBytes
  proxy.mend()
  const { tail } = await starting
  expect(tail.map(({ id }) => id)).toEqual(ids)
  expect(proxy.replyBytes - before).toBeLessThan(10_000_000)
}, 90_000)

it('no answer of Redis is larger than a client may be given by client-output-buffer-limit', async () => {
  const prefix = newPrefix()
  const ids = await fill(prefix, 300, 64_512)
  await redis.command('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 1mb 1mb 0')
  onTestFinished(async () => {
    await redis.command('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 0 0 0')
  })
  const { broker, tail } = await startBroker(redis.port, { prefix })
  expect(tail.map(({ id }) => id)).toEqual(ids.slice(-tail.length))
  for (let after = ids[0]!; after !== ids.at(-1); ) {
    const page = await until(() => broker.read(after, { limit: 256, signal }), patience)
    if (!('entries' in page)) throw new Error(`There is a gap: ${page.gap}.`)
    after = page.entries.at(-1)!.id
  }
}, 90_000)

it('a start reads little more than the window holds, however large the events are', async () => {
  const prefix = newPrefix()
  await fill(prefix, 60, 1_048_576)
  const proxy = await startProxy(Number.POSITIVE_INFINITY)
  const { tail } = await startBroker(proxy.port, { prefix })
  expect(tail.length).toBe(16)
  expect(proxy.replyBytes).toBeLessThan(16_777_216 + 3 * 1_048_576)
})
