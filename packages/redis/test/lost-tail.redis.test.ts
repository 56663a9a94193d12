import { Recorder, startTcpProxy, until } from '@sse/testbed'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createRedisBroker } from '../src/index.ts'
import { brokerOn, loseTail, newPrefix } from './kit/broker.ts'
import { serverClient } from './kit/clients.ts'
import { type RedisServer, startRedis } from './kit/redis-server.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

const { signal } = new AbortController()

/** A broker whose connection for reading goes its own way. */
async function startDivided(prefix: string) {
  const [writing, reading] = [await startTcpProxy(redis.port), await startTcpProxy(redis.port)]
  onTestFinished(() => {
    writing.close()
    reading.close()
  })
  let duplicates = 0
  const broker = createRedisBroker({
    // The first connection publishes. Only the second one reads.
    client: Object.assign(Object.create(serverClient(writing.port)), {
      duplicate: (overrides: { socket?: object }) => {
        const port = duplicates++ === 1 ? reading.port : writing.port
        const app = serverClient(port) as { duplicate(overrides: object): unknown }
        return app.duplicate({
          ...overrides,
          ...(overrides.socket && { socket: { ...overrides.socket, port } }),
        })
      },
    }),
    prefix,
    timeout: 1_500,
  })
  onTestFinished(() => broker.close())
  const recorder = new Recorder()
  await broker.start(recorder)
  return { broker, recorder, reading }
}

it('the loss of an acknowledged event that no process has read is told to the clients of all processes', async () => {
  const prefix = newPrefix()
  const one = await startDivided(prefix)
  const other = await startDivided(prefix)
  const { id } = await one.broker.publish(['news'], { data: 'before' })
  await until(() => one.recorder.received.length === 1 && other.recorder.received.length === 1)
  for (const { reading } of [one, other]) reading.freeze()
  await one.broker.publish(['news'], { data: 'lost' })
  await loseTail(redis, prefix, 1)
  for (const { recorder } of [one, other]) await until(() => recorder.breaks.length > 0)
  await other.broker.publish(['news'], { data: 'after' })
  for (const { recorder } of [one, other]) {
    await until(() => recorder.texts.includes('after'))
    expect(recorder.texts).toEqual(['before', 'after'])
    expect(recorder.breaks).toMatchObject([{ reason: 'forked', after: 1 }])
  }
  // A client that returns from before the loss receives the gap too, and continues after it.
  const page = await other.broker.read(id, { limit: 10, signal })
  expect(page).toEqual({ gap: 'forked', resumeAt: one.recorder.breaks[0]?.head })
  const { resumeAt } = page as { resumeAt: string }
  expect(await other.broker.read(resumeAt, { limit: 10, signal })).toMatchObject({
    entries: [{ data: 'after', previous: resumeAt }],
    done: true,
  })
})

it('so is the loss of one that was published to a log that had just begun anew', async () => {
  const prefix = newPrefix()
  const one = await startDivided(prefix)
  const other = await startDivided(prefix)
  await one.broker.publish(['news'], { data: 'old' })
  await until(() => one.recorder.received.length === 1 && other.recorder.received.length === 1)
  await redis.command('DEL', ...((await redis.command('KEYS', `*${prefix}*`)) as string[]))
  await one.broker.publish(['news'], { data: 'new' })
  await until(() => one.recorder.texts.includes('new') && other.recorder.texts.includes('new'))
  for (const { reading } of [one, other]) reading.freeze()
  await one.broker.publish(['news'], { data: 'lost' })
  await loseTail(redis, prefix, 1)
  for (const { recorder } of [one, other]) await until(() => recorder.breaks.length > 1)
})

it('a client that returns before anything else is published receives the gap at once', async () => {
  const prefix = newPrefix()
  const { broker, recorder, reading } = await startDivided(prefix)
  const first = await broker.publish(['news'], { data: 'first' })
  const { id } = await broker.publish(['news'], { data: 'before' })
  await until(() => recorder.received.length === 2)
  reading.freeze()
  await broker.publish(['news'], { data: 'lost' })
  await loseTail(redis, prefix, 1)
  await until(() => recorder.breaks.length > 0)
  const head = recorder.breaks[0]?.head
  expect(await broker.read(id, { limit: 10, signal })).toEqual({ gap: 'forked', resumeAt: head })
  expect(await broker.read(head!, { limit: 10, signal })).toEqual({ entries: [], done: true })
  expect(await broker.read(first.id, { limit: 10, signal })).toMatchObject({ entries: [{ id }] })
  const late = brokerOn(redis.port, { prefix })
  expect(await late.start(new Recorder())).toEqual({ head, tail: [] })
  // A page ends where entries are missing, also if there are more.
  await broker.publish(['news'], { data: 'after' })
  expect(await broker.read(first.id, { limit: 10, signal })).toEqual({
    entries: [expect.objectContaining({ id })],
    done: false,
  })
})
