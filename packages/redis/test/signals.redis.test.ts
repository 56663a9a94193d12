import { startTcpProxy, until } from '@sse/testbed'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { loseTail, newPrefix, startBroker } from './kit/broker.ts'
import { type RedisServer, startRedis } from './kit/redis-server.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

/** Sends signals until something is true, one after the other. */
function signalling(
  broker: { signal(text: string): Promise<void> },
  isTrue: () => boolean,
): Promise<unknown> {
  return until(async () => {
    await broker.signal('again')
    return isTrue()
  })
}

it('a log that loses entries is noticed while signals come all the time', async () => {
  const prefix = newPrefix()
  const { broker, recorder } = await startBroker(redis.port, { prefix })
  await broker.publish(['news'], { data: 'lost' })
  await until(() => recorder.received.length === 1)
  await loseTail(redis, prefix, 1)
  await signalling(broker, () => recorder.breaks.length > 0)
  expect(recorder.breaks).toMatchObject([{ reason: 'forked' }])
})

it('nothing of the signals remains for long, and they never take much memory', async () => {
  const prefix = newPrefix()
  const { broker, recorder } = await startBroker(redis.port, { prefix })
  const key = `{${prefix}}:signals`
  for (let n = 0; n < 3_000; n += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => broker.signal(`${n + index}`)))
  }
  await until(() => recorder.signals.includes('2999'))
  expect(Number(await redis.command('XLEN', key))).toBeLessThanOrEqual(1_100)
  const text = 'x'.repeat(65_536)
  for (let n = 0; n < 100; n++) await broker.signal(text)
  expect(Number(await redis.command('MEMORY', 'USAGE', key, 'SAMPLES', 0))).toBeLessThan(4_194_304)
  const left = Number(await redis.command('PTTL', key))
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThanOrEqual(60_000)
})

it('what is signalled while a broker is cut off is neither told later nor told twice', async () => {
  const prefix = newPrefix()
  const proxy = await startTcpProxy(redis.port)
  onTestFinished(() => proxy.close())
  const one = await startBroker(proxy.port, { prefix })
  const other = await startBroker(redis.port, { prefix })
  await other.broker.signal('before')
  await until(() => one.recorder.signals.length === 1)
  proxy.cut()
  await until(() => one.recorder.states.at(-1) === 'down')
  await other.broker.signal('meanwhile')
  await one.broker.signal('dropped')
  proxy.mend()
  await until(() => one.recorder.states.at(-1) === 'up')
  await other.broker.signal('after')
  await until(() => one.recorder.signals.includes('after'))
  expect(one.recorder.signals).toEqual(['before', 'after'])
  expect(other.recorder.signals).toEqual(['before', 'meanwhile', 'after'])
})

it('signals that Redis refuses are dropped', async () => {
  const { broker, recorder } = await startBroker(redis.port, { prefix: newPrefix() })
  await redis.command('CONFIG', 'SET', 'maxmemory', 1)
  onTestFinished(async () => void (await redis.command('CONFIG', 'SET', 'maxmemory', 0)))
  await broker.signal('no memory')
  await redis.command('CONFIG', 'SET', 'maxmemory', 0)
  await broker.signal('memory')
  await until(() => recorder.signals.length > 0)
  expect(recorder.signals).toEqual(['memory'])
  expect(recorder.states).toEqual(['up'])
})

it('signals that begin anew behind a clock that was ahead are heard', async () => {
  const prefix = newPrefix()
  const { broker, recorder } = await startBroker(redis.port, { prefix })
  await redis.command('XADD', `{${prefix}}:signals`, '99999999999999-0', 't', 'from the future')
  await until(() => recorder.signals.length === 1)
  await redis.command('DEL', `{${prefix}}:signals`)
  await signalling(broker, () => recorder.signals.length > 1)
  expect(recorder.signals[0]).toBe('from the future')
})

it('more signals than may wait are dropped, and publishes go on', async () => {
  const { broker, recorder } = await startBroker(redis.port, { prefix: newPrefix() })
  const text = 'x'.repeat(60_000)
  const sending = Array.from({ length: 1_000 }, () => broker.signal(text))
  const { id } = await broker.publish(['news'], { data: 'x' })
  await until(() => recorder.received.at(-1)?.id === id)
  await Promise.all(sending)
  expect(recorder.signals.length).toBeLessThan(30)
})
