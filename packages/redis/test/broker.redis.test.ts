import { type Entry, SseError } from '@sse/core'
import { Recorder, startProcess, startTcpProxy, until } from '@sse/testbed'
import { Redis, type RedisOptions } from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { ClientLike } from '../src/connection/broker-client.ts'
import { createRedisBroker } from '../src/index.ts'
import { Keys } from '../src/log/keys.ts'
import { append } from '../src/log/scripts.ts'
import { brokerOn, loseTail, newPrefix, startBroker } from './kit/broker.ts'
import { serverClient } from './kit/clients.ts'
import { connectionsTo, type RedisServer, startRedis } from './kit/redis-server.ts'
import { createUser, deniedBy } from './kit/rights.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

const { signal } = new AbortController()
const message = { data: 'x' }

/** How often a command was called since the statistics were reset. */
async function cmdstat(name: string): Promise<number> {
  const stats = String(await redis.command('INFO', 'commandstats'))
  return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
}

async function keysOf(prefix: string): Promise<string[]> {
  return ((await redis.command('KEYS', `*{${prefix}}*`)) as string[]).sort()
}

async function readAll(broker: ReturnType<typeof brokerOn>, after: string): Promise<readonly Entry[]> {
  const page = await broker.read(after, { limit: 1_000, signal })
  if (!('entries' in page)) throw new Error(`There is a gap: ${page.gap}.`)
  return page.entries
}

/** A broker whose connections no longer bring any reply. */
async function startUnanswered(options: { timeout: number }): Promise<ReturnType<typeof brokerOn>> {
  const proxy = await startTcpProxy(redis.port)
  onTestFinished(() => proxy.close())
  const { broker } = await startBroker(proxy.port, { prefix: newPrefix(), ...options })
  await until(() => broker.publish(['news'], message))
  proxy.freeze()
  return broker
}

describe('the client of the app', () => {
  it.each<[string, () => ClientLike & { ping(): Promise<string> }]>([
    ['redis', () => createClient({ url: redis.url })],
    ['ioredis', () => new Redis(redis.url, { lazyConnect: true })],
  ])(
    'of the package %s is left alone: the broker connects two duplicates and closes them',
    async (_, create) => {
      const client = create()
      await client.connect()
      onTestFinished(() => void ('destroy' in client ? client.destroy() : client.disconnect()))
      const before = await connectionsTo(redis)
      const prefix = newPrefix()
      const broker = createRedisBroker({ client, prefix })
      await broker.start(new Recorder())
      await broker.publish(['news'], message)
      expect(await connectionsTo(redis)).toBe(before + 2)
      await broker.close()
      await until(async () => (await connectionsTo(redis)) === before)
      expect(await client.ping()).toBe('PONG')
      expect(await keysOf(prefix), 'what is of the process alone is taken away').toEqual([
        `{${prefix}}:log`,
        `{${prefix}}:meta`,
      ])
    },
  )

  const ioRedis =
    ({ replyMapping = 'legacy', ...options }: RedisOptions) =>
    () =>
      new Redis({ port: redis.port, ...options, replyMapping, lazyConnect: true })
  it.each<[string, () => ClientLike]>([
    ['speaks the second version of the protocol', () => createClient({ url: redis.url, RESP: 2 })],
    [
      'asks for Buffers',
      () => createClient({ url: redis.url }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }),
    ],
    ['pings', () => createClient({ url: redis.url, pingInterval: 50 })],
    ['waits for no answer for long', () => createClient({ url: redis.url, socket: { socketTimeout: 300 } })],
    ['is of the package ioredis', ioRedis({})],
    ['is of ioredis and asks for maps', ioRedis({ protocol: 3, replyMapping: 'resp3' })],
    ['is of ioredis and asks for numbers as strings', ioRedis({ protocol: 2, stringNumbers: true })],
    ['is of ioredis and waits for no answer for long', ioRedis({ commandTimeout: 300, socketTimeout: 300 })],
    ['is of ioredis and sends again what failed', ioRedis({ reconnectOnError: () => 2 })],
    ['is of ioredis and collects commands', ioRedis({ enableAutoPipelining: true })],
  ])('may be one that %s', async (_, create) => {
    const broker = createRedisBroker({ client: create(), prefix: newPrefix() })
    onTestFinished(() => broker.close())
    const recorder = new Recorder()
    const { head } = await broker.start(recorder)
    const { id } = await broker.publish(['a', 'b'], { event: 'tick', data: 'žluť' }, { idempotencyKey: 'k' })
    await until(() => recorder.received.length === 1)
    const expected = [{ id, previous: head, channels: ['a', 'b'], event: 'tick', data: 'žluť' }]
    expect(recorder.received).toEqual(expected)
    expect(await readAll(broker, head)).toEqual(expected)
    // After a silence the log is checked, by the same connection.
    await redis.command('CONFIG', 'RESETSTAT')
    await until(async () => (await cmdstat('xread')) > 1)
    expect(recorder.states).toEqual(['up'])
  })

  it.each([
    ['redis', () => createClient({ url: redis.url, keyPrefix: 'app:' })],
    ['ioredis', () => new Redis(redis.url, { keyPrefix: 'app:', lazyConnect: true })],
  ])('of the package %s may have a prefix for all keys', async (_, create) => {
    const prefix = newPrefix()
    const broker = createRedisBroker({ client: create(), prefix })
    onTestFinished(() => broker.close())
    await broker.publish(['news'], message)
    expect(await keysOf(prefix)).toContain(`app:{${prefix}}:log`)
  })
})

describe('Redis that is not there', () => {
  it('rejects a start after its time, and tells why', async () => {
    const proxy = await startTcpProxy(redis.port)
    onTestFinished(() => proxy.close())
    proxy.cut()
    const broker = brokerOn(proxy.port, { prefix: newPrefix(), startTimeout: 200 })
    await expect(broker.start(new Recorder())).rejects.toMatchObject({ code: 'log-unreachable' })
  })

  it('rejects a start at once when trying again is of no use', async () => {
    for (const command of [
      ['SET', 'something else'],
      ['XADD', '*', 'something', 'else'],
    ]) {
      const prefix = newPrefix()
      const [name = '', ...args] = command
      await redis.command(name, `{${prefix}}:log`, ...args)
      const broker = brokerOn(redis.port, { prefix, startTimeout: 600_000 })
      await expect(broker.start(new Recorder())).rejects.toMatchObject({ code: 'log-corrupt' })
      await expect(broker.publish(['news'], message)).rejects.toThrow(SseError)
      expect(await redis.command('EXISTS', `{${prefix}}:log`)).toBe(1)
    }
  })

  it('lets publishes wait a while, and rejects them then', async () => {
    const proxy = await startTcpProxy(redis.port)
    onTestFinished(() => proxy.close())
    const { broker, recorder } = await startBroker(proxy.port, { prefix: newPrefix(), timeout: 300 })
    proxy.cut()
    await until(() => recorder.states.at(-1) === 'down')
    await expect(broker.publish(['news'], message)).rejects.toMatchObject({ code: 'log-unreachable' })
    await expect(broker.read('x', { limit: 1, signal })).rejects.toMatchObject({ code: 'log-unreachable' })
    const waiting = broker.publish(['news'], { data: 'in time' })
    proxy.mend()
    await Promise.allSettled([waiting])
    await until(() => recorder.states.at(-1) === 'up')
    // On a busy machine a publish may be rejected once more.
    await until(() => broker.publish(['news'], { data: 'after' }))
    await until(() => recorder.texts.includes('after'))
  })

  it('keeps no process alive that has closed its broker', async () => {
    const program = `
      const { serverClient } = await import('./kit/clients.ts')
      const { createRedisBroker } = await import('../src/index.ts')
      const broker = createRedisBroker({ client: serverClient(${redis.port}), prefix: '${newPrefix()}' })
      await broker.start({ entries() {}, discontinuity() {}, health() {}, signal() {} })
      await broker.publish(['news'], { data: 'x' })
      await broker.close()
      console.log('closed')
    `
    const args = ['--conditions=@sse/source', '--input-type=module', '--eval', program]
    const running = await startProcess(process.execPath, args, { ready: /closed/, cwd: import.meta.dirname })
    expect(await running.exited).toEqual({ code: 0, signal: null })
  })

  it('says of what was sent that it may have been appended', async () => {
    const broker = await startUnanswered({ timeout: 300 })
    await expect(broker.publish(['news'], message)).rejects.toMatchObject({
      code: 'log-unreachable',
      message: expect.stringContaining('idempotencyKey'),
    })
  })

  it('holds no more publishes than 64 MiB', async () => {
    const proxy = await startTcpProxy(redis.port)
    onTestFinished(() => proxy.close())
    proxy.cut()
    const broker = brokerOn(proxy.port, { prefix: newPrefix(), timeout: 500 })
    const data = 'x'.repeat(65_000)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 1_100 }, () => broker.publish(['news'], { data })),
    )
    const codes = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)
    expect(codes.filter((code) => code === 'log-busy').length).toBeGreaterThan(50)
    expect(codes.filter((code) => code === 'log-unreachable').length).toBeGreaterThan(1_000)
  })

  it('does not keep a close waiting', async () => {
    const broker = await startUnanswered({ timeout: 600 })
    const publishing = broker.publish(['news'], message)
    const reading = broker.read('x', { limit: 1, signal })
    const settled = Promise.allSettled([publishing, reading])
    await broker.close()
    for (const outcome of await settled) expect(outcome).toMatchObject({ reason: { code: 'closed' } })
  })
})

describe('an answer that is lost', () => {
  it.each([[undefined], ['k']])(
    'a publish is found in the log again, once (key %s)',
    async (idempotencyKey) => {
      const proxy = await startTcpProxy(redis.port)
      onTestFinished(() => proxy.close())
      const prefix = newPrefix()
      const { broker, head } = await startBroker(proxy.port, { prefix })
      const first = await broker.publish(['news'], { data: 'first' })
      proxy.deafen()
      const publishing = Promise.all(
        ['1', '2', '3'].map((n) =>
          broker.publish(
            ['news'],
            { data: n },
            idempotencyKey ? { idempotencyKey: `${idempotencyKey}${n}` } : undefined,
          ),
        ),
      )
      await until(async () => Number(await redis.command('XLEN', `{${prefix}}:log`)) === 4)
      // Other brokers publish meanwhile, so the batch has to be searched for.
      const other = brokerOn(redis.port, { prefix })
      await Promise.all(
        Array.from({ length: 1_000 }, (_, n) => other.publish(['news'], { data: `other ${n}` })),
      )
      proxy.cut()
      proxy.mend()
      const published = await publishing
      const entries = await readAll(broker, head)
      expect(published).toEqual(
        ['1', '2', '3'].map((n) => ({ id: entries.find(({ data }) => data === n)?.id, duplicate: false })),
      )
      expect(entries[0]?.id).toBe(first.id)
      expect(await redis.command('XLEN', `{${prefix}}:log`), 'none was appended twice').toBe(1_004)
    },
  )

  it('a publish that may have been trimmed meanwhile is not appended a second time', async () => {
    const proxy = await startTcpProxy(redis.port)
    onTestFinished(() => proxy.close())
    const prefix = newPrefix()
    const { broker } = await startBroker(proxy.port, { prefix })
    await broker.publish(['news'], message)
    proxy.deafen()
    const publishing = Promise.allSettled([
      broker.publish(['news'], message),
      broker.publish(['news'], message, { idempotencyKey: 'k' }),
    ])
    await until(async () => Number(await redis.command('XLEN', `{${prefix}}:log`)) === 3)
    await redis.command('XTRIM', `{${prefix}}:log`, 'MAXLEN', 0)
    proxy.cut()
    proxy.mend()
    const [without, under] = await publishing
    expect(without).toMatchObject({ reason: { code: 'log-unreachable' } })
    expect(under, 'its key tells').toMatchObject({ value: { id: expect.any(String) } })
    expect(await redis.command('XLEN', `{${prefix}}:log`)).toBe(0)
  })

  it('what comes late by a connection that was replaced is refused', async () => {
    const prefix = newPrefix()
    const { broker } = await startBroker(redis.port, { prefix })
    await broker.publish(['news'], message)
    const [writer = ''] = (await keysOf(prefix)).filter((key) => key.includes(':writer:'))
    const keys = new Keys(`{${prefix}}`).withRecords
    const limits = [1_000, 600_000, 0, 1_000]
    const args = ['00000000', 'its token', ...limits, '000000000000', '[["news"]]', 'late', 0, '']
    const late = redis.command('EVAL', append.text, keys.length + 1, ...keys, writer, ...args)
    await expect(late).rejects.toThrow('FENCED')
    expect(await redis.command('XLEN', `{${prefix}}:log`)).toBe(1)
  })

  it('a connection that lost its right to append asks for it again', async () => {
    const prefix = newPrefix()
    const { broker, recorder } = await startBroker(redis.port, { prefix })
    await broker.publish(['news'], { data: '1' })
    const [writer = ''] = (await keysOf(prefix)).filter((key) => key.includes(':writer:'))
    await redis.command('SET', writer, 'another connection of this process')
    await broker.publish(['news'], { data: '2' })
    await redis.command('DEL', writer)
    await broker.publish(['news'], { data: '3' })
    await until(() => recorder.received.length === 3)
    expect(recorder.texts).toEqual(['1', '2', '3'])
  })
})

describe('what Redis refuses', () => {
  it('publishes reject while it has no memory left, and reading goes on', async () => {
    const prefix = newPrefix()
    const { broker, recorder } = await startBroker(redis.port, { prefix })
    const { id } = await broker.publish(['news'], message)
    await redis.command('CONFIG', 'SET', 'maxmemory', 1)
    onTestFinished(async () => void (await redis.command('CONFIG', 'SET', 'maxmemory', 0)))
    await expect(broker.publish(['news'], message)).rejects.toMatchObject({ code: 'log-full' })
    expect(await broker.read(id, { limit: 1, signal })).toEqual({ entries: [], done: true })
    await redis.command('CONFIG', 'SET', 'maxmemory', 0)
    await broker.publish(['news'], { data: 'again' })
    await until(() => recorder.texts.includes('again'))
    expect(recorder.states).toEqual(['up'])
  })

  it('publishes reject while too few replicas are in step, and the error says so', async () => {
    const { broker, recorder } = await startBroker(redis.port, { prefix: newPrefix() })
    await redis.command('CONFIG', 'SET', 'min-replicas-to-write', 1)
    onTestFinished(async () => void (await redis.command('CONFIG', 'SET', 'min-replicas-to-write', 0)))
    await expect(broker.publish(['news'], message)).rejects.toMatchObject({
      code: 'log-read-only',
      message: expect.stringContaining('min-replicas-to-write'),
    })
    await redis.command('CONFIG', 'SET', 'min-replicas-to-write', 0)
    await broker.publish(['news'], message)
    await until(() => recorder.received.length === 1)
    expect(recorder.states).toEqual(['up'])
  })

  it('scripts that Redis has forgotten are sent again', async () => {
    const { broker, recorder } = await startBroker(redis.port, { prefix: newPrefix() })
    for (const data of ['1', '2', '3']) {
      await redis.command('SCRIPT', 'FLUSH')
      await broker.publish(['news'], { data })
    }
    await until(() => recorder.received.length === 3)
    expect(recorder.breaks).toEqual([])
  })

  it('a replica is no log', async () => {
    const replica = await startRedis()
    onTestFinished(() => replica.stop())
    await replica.command('REPLICAOF', '127.0.0.1', redis.port)
    const broker = brokerOn(replica.port, { prefix: newPrefix(), startTimeout: 500 })
    await expect(broker.start(new Recorder())).rejects.toMatchObject({ code: 'log-read-only' })
  })

  it('a password that is wrong is told at once', async () => {
    const locked = await startRedis()
    onTestFinished(() => locked.stop())
    await locked.command('CONFIG', 'SET', 'requirepass', 'secret')
    const client = serverClient(locked.port, { password: 'wrong' })
    const broker = createRedisBroker({ client, prefix: newPrefix(), startTimeout: 600_000 })
    await expect(broker.start(new Recorder())).rejects.toMatchObject({ code: 'log-failed' })
    await broker.close()
  })

  it('needs no more permissions than it says to find a loss and to begin a log anew', async () => {
    const prefix = newPrefix()
    await createUser(redis, `{${prefix}}:*`, 'always', 'to be warned of eviction')
    const client = createClient({ url: `redis://app:secret@127.0.0.1:${redis.port}`, pingInterval: 20 })
    const broker = createRedisBroker({ client, prefix })
    onTestFinished(() => broker.close())
    const recorder = new Recorder()
    await broker.start(recorder)
    await broker.publish(['news'], message, { idempotencyKey: 'k' })
    await until(() => recorder.received.length === 1)
    await loseTail(redis, prefix, 1)
    await until(() => recorder.breaks.length === 1)
    await redis.command('DEL', `{${prefix}}:log`, `{${prefix}}:meta`)
    await until(() => recorder.breaks.length === 2)
    expect(await deniedBy(redis)).toEqual([])
  })

  it('needs no permission to warn of eviction', async () => {
    const prefix = newPrefix()
    await createUser(redis, `{${prefix}}:*`, 'always')
    const client = serverClient(redis.port, { username: 'app', password: 'secret' })
    const broker = createRedisBroker({ client, prefix })
    onTestFinished(() => broker.close())
    await broker.start(new Recorder())
    await broker.publish(['news'], message)
  })

  it('a log of the former version is begun anew', async () => {
    const prefix = newPrefix()
    const id = '1763749422123-0-2b4fc8a2-e66e3e4cb858'
    const meta = ['log', '2b4fc8a2', 'epoch', '2b4fc8a2', 'head', id, 'since', 1, 'version', '1']
    await redis.command('HSET', `{${prefix}}:meta`, ...meta)
    const entry = [
      'p',
      '0-0-2b4fc8a2-000000000000',
      'n',
      '2b4fc8a2-e66e3e4cb858',
      'h',
      '[["news"]]',
      'd',
      'x',
    ]
    await redis.command('XADD', `{${prefix}}:log`, '1763749422123-0', ...entry)
    await redis.command('SET', `{${prefix}}:key:k`, id)
    const { broker, recorder, head, tail } = await startBroker(redis.port, { prefix })
    expect(tail).toEqual([])
    expect(await broker.read(id, { limit: 1, signal })).toEqual({ gap: 'unknown', resumeAt: head })
    const published = await broker.publish(['news'], message, { idempotencyKey: 'k' })
    expect(published.duplicate, 'its keys name entries that are gone').toBe(false)
    await until(() => recorder.received.length === 1)
    expect(recorder.received).toMatchObject([{ id: published.id, previous: head }])
    expect(recorder.breaks).toEqual([])
  })

  it('a log of a later version is left alone', async () => {
    const prefix = newPrefix()
    await redis.command('HSET', `{${prefix}}:meta`, 'epoch', '00000000', 'head', '0-0-0', 'version', '3')
    const broker = brokerOn(redis.port, { prefix })
    await expect(broker.start(new Recorder())).rejects.toThrow(SseError)
  })
})

describe('the log', () => {
  it('is one for all brokers of its prefix, and another one for the others', async () => {
    const [prefix, another] = [newPrefix(), newPrefix()]
    const one = await startBroker(redis.port, { prefix })
    const two = await startBroker(redis.port, { prefix })
    const three = await startBroker(redis.port, { prefix: another })
    await one.broker.publish(['news'], message)
    await three.broker.publish(['news'], { data: 'elsewhere' })
    await until(() => two.recorder.received.length === 1 && three.recorder.received.length === 1)
    expect([two.recorder.texts, three.recorder.texts]).toEqual([['x'], ['elsewhere']])
  })

  it('takes what is published in a turn by few commands', async () => {
    const { broker } = await startBroker(redis.port, { prefix: newPrefix(), timeout: 20_000 })
    await redis.command('CONFIG', 'RESETSTAT')
    const data = 'x'.repeat(1_000)
    await Promise.all(Array.from({ length: 8_000 }, () => broker.publish(['news'], { data })))
    const looks = await cmdstat('hdel')
    expect((await cmdstat('evalsha')) - looks).toBeLessThan(20)
  })

  it('keeps about as many entries as it shall', async () => {
    const prefix = newPrefix()
    const { broker } = await startBroker(redis.port, { prefix, maxLength: 1_000 })
    await Promise.all(Array.from({ length: 5_000 }, () => broker.publish(['news'], message)))
    const length = Number(await redis.command('XLEN', `{${prefix}}:log`))
    expect(length).toBeGreaterThanOrEqual(1_000)
    expect(length).toBeLessThan(1_200)
  })

  it('starts with so much of its end as was asked for', async () => {
    const prefix = newPrefix()
    const { broker } = await startBroker(redis.port, { prefix })
    const published = await Promise.all(
      Array.from({ length: 1_300 }, (_, n) => broker.publish(['news'], { data: `${n}` })),
    )
    const ids = published.map(({ id }) => id)
    for (const [tail, count] of [
      [{ entries: 1_200 }, 1_200],
      [{ entries: 0 }, 0],
      [{ bytes: 40 }, 10],
    ] as const) {
      const late = await startBroker(redis.port, { prefix, tail })
      expect(late.head).toBe(ids.at(-1))
      expect(late.tail.map(({ id }) => id)).toEqual(ids.slice(ids.length - count))
    }
  })

  it('is another one when its entries are gone, or what says where they end', async () => {
    for (const key of ['log', 'meta']) {
      const prefix = newPrefix()
      const { broker, recorder } = await startBroker(redis.port, { prefix })
      await broker.publish(['news'], message)
      await until(() => recorder.received.length === 1)
      await redis.command('DEL', `{${prefix}}:${key}`)
      await broker.publish(['news'], { data: 'after' })
      await until(() => recorder.texts.includes('after'))
      expect(recorder.breaks).toMatchObject([{ reason: 'forked', after: 1 }])
    }
  })

  it('continues after entries that another program has written into its stream', async () => {
    const prefix = newPrefix()
    const { broker, recorder, head } = await startBroker(redis.port, { prefix })
    await broker.publish(['news'], { data: '1' })
    await redis.command('XADD', `{${prefix}}:log`, '*', 'not', 'ours')
    await broker.publish(['news'], { data: '2' })
    await until(() => recorder.received.length === 2)
    expect([recorder.texts, recorder.breaks]).toEqual([['1', '2'], []])
    expect((await readAll(broker, head)).map(({ data }) => data)).toEqual(['1', '2'])
    const late = await startBroker(redis.port, { prefix })
    expect(late.tail.map(({ data }) => data)).toEqual(['1', '2'])
  })

  it('is read once for all reads of the same page at the same time', async () => {
    const prefix = newPrefix()
    const { broker, head } = await startBroker(redis.port, { prefix })
    await Promise.all(Array.from({ length: 300 }, () => broker.publish(['news'], message)))
    await redis.command('CONFIG', 'RESETSTAT')
    const pages = await Promise.all(
      Array.from({ length: 1_000 }, () => broker.read(head, { limit: 256, signal })),
    )
    for (const page of pages) expect(page).toMatchObject({ entries: { length: 256 }, done: false })
    expect(await cmdstat('xrange')).toBeLessThanOrEqual(10)
  })
})
