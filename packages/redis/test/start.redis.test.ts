import { createHub } from '@sse/core'
import { Recorder, startProcess, startTcpProxy, until } from '@sse/testbed'
import { createClient } from 'redis'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { createRedisBroker } from '../src/index.ts'
import { brokerOn, newPrefix, startBroker } from './kit/broker.ts'
import { connectionsTo, type RedisServer, startRedis } from './kit/redis-server.ts'

let redis: RedisServer
beforeEach(async () => {
  redis = await startRedis()
  return () => redis.stop()
})

const message = { data: 'x' }

async function startProxy() {
  const proxy = await startTcpProxy(redis.port)
  onTestFinished(() => proxy.close())
  return proxy
}

it('waits for a Redis that comes up while it starts', async () => {
  const proxy = await startProxy()
  proxy.cut()
  const starting = startBroker(proxy.port, { prefix: newPrefix(), startTimeout: 60_000 })
  await until(() => proxy.accepted > 3)
  proxy.mend()
  const { broker, recorder } = await starting
  await broker.publish(['news'], message)
  await until(() => recorder.received.length === 1)
})

it('waits for a Redis that has no connection left', async () => {
  const proxy = await startProxy()
  await redis.command('CONFIG', 'SET', 'maxclients', 1)
  const starting = startBroker(proxy.port, { prefix: newPrefix(), startTimeout: 60_000 })
  await until(() => proxy.accepted > 3)
  await redis.command('CONFIG', 'SET', 'maxclients', 100)
  const { broker, recorder } = await starting
  await broker.publish(['news'], message)
  await until(() => recorder.received.length === 1)
})

it('says what Redis lacks: connections', async () => {
  await redis.command('CONFIG', 'SET', 'maxclients', 1)
  const broker = brokerOn(redis.port, { prefix: newPrefix(), startTimeout: 200 })
  await expect(broker.start(new Recorder())).rejects.toMatchObject({
    code: 'log-unreachable',
    message: expect.stringContaining('maxclients'),
  })
})

it('may be tried again after it was rejected', async () => {
  const proxy = await startProxy()
  proxy.cut()
  const broker = brokerOn(proxy.port, { prefix: newPrefix(), startTimeout: 100, timeout: 10_000 })
  const waiting = broker.publish(['news'], message)
  const outcome = expect(waiting).rejects.toMatchObject({ code: 'log-unreachable' })
  for (let attempt = 0; attempt < 3; attempt++)
    await expect(broker.start(new Recorder())).rejects.toMatchObject({ code: 'log-unreachable' })
  await outcome
  proxy.mend()
  const recorder = new Recorder()
  // On a busy machine Redis, too, takes longer than this timeout.
  await until(() => broker.start(recorder))
  await broker.publish(['news'], message)
  await until(() => recorder.received.length === 1)
  expect(recorder.states.at(-1)).toBe('up')
  await until(async () => (await connectionsTo(redis)) === 2)
})

it('is tried again by the hub, until Redis is there', async () => {
  const proxy = await startProxy()
  proxy.cut()
  const broker = brokerOn(proxy.port, { prefix: newPrefix(), startTimeout: 500, timeout: 10_000 })
  const errors: unknown[] = []
  const hub = createHub({ broker, onError: (error) => errors.push(error) })
  onTestFinished(() => hub.close())
  await until(() => errors.length > 0, { timeout: 30_000 })
  proxy.mend()
  await hub.ready
  await hub.publish('news', 'x')
  await until(() => hub.stats().windowEntries === 1)
}, 60_000)

it('leaves no connection behind when it is rejected', async () => {
  await redis.command('SET', '{taken}:log', 'something else')
  const broker = brokerOn(redis.port, { prefix: 'taken' })
  await expect(broker.start(new Recorder())).rejects.toMatchObject({ code: 'log-corrupt' })
  await until(async () => (await connectionsTo(redis)) === 0)
})

it('keeps no process alive when it is rejected', async () => {
  const proxy = await startProxy()
  proxy.cut()
  const program = `
    const { serverClient } = await import('./kit/clients.ts')
    const { createRedisBroker } = await import('../src/index.ts')
    const broker = createRedisBroker({ client: serverClient(${proxy.port}), startTimeout: 200 })
    await broker.start({ entries() {}, discontinuity() {}, health() {}, signal() {} }).catch(() => {})
    console.log('rejected')
  `
  const args = ['--conditions=@sse/source', '--input-type=module', '--eval', program]
  const running = await startProcess(process.execPath, args, { ready: /rejected/, cwd: import.meta.dirname })
  expect(await running.exited).toEqual({ code: 0, signal: null })
})

it('is refused while a hub has the broker, and that hub goes on', async () => {
  const { broker, recorder } = await startBroker(redis.port, { prefix: newPrefix() })
  await expect(broker.start(new Recorder())).rejects.toMatchObject({
    code: 'invalid-option',
    message: expect.stringContaining('a broker of its own'),
  })
  await broker.publish(['news'], message)
  await until(() => recorder.received.length === 1)
})

it.each([
  ['volatile-lru', 'appended twice'],
  ['volatile-ttl', 'appended twice'],
  ['allkeys-lru', 'a gap'],
])('warns of a Redis that evicts keys (%s)', async (policy, words) => {
  await redis.command('CONFIG', 'SET', 'maxmemory', '100mb', 'maxmemory-policy', policy)
  const warnings: Error[] = []
  const listener = (warning: Error) => void warnings.push(warning)
  process.on('warning', listener)
  onTestFinished(() => void process.off('warning', listener))
  await startBroker(redis.port, { prefix: newPrefix() })
  await until(() => warnings.some(({ message: text }) => text.includes(policy) && text.includes(words)))
})

it('warns of nothing where nothing is evicted', async () => {
  const warnings: Error[] = []
  const listener = (warning: Error) => void warnings.push(warning)
  process.on('warning', listener)
  onTestFinished(() => void process.off('warning', listener))
  for (const [memory, policy] of [
    ['100mb', 'noeviction'],
    ['0', 'volatile-lru'],
  ] as const) {
    await redis.command('CONFIG', 'SET', 'maxmemory', memory, 'maxmemory-policy', policy)
    await redis.command('CONFIG', 'RESETSTAT')
    await startBroker(redis.port, { prefix: newPrefix() })
    await until(async () =>
      /cmdstat_info:calls=[1-9]/.test(String(await redis.command('INFO', 'commandstats'))),
    )
  }
  await new Promise((resolve) => setImmediate(resolve))
  expect(warnings.filter(({ name }) => name === 'SseWarning')).toEqual([])
})

it('stays up where Redis closes connections that are idle', async () => {
  await redis.command('CONFIG', 'SET', 'timeout', 1)
  const { recorder } = await startBroker(redis.port, { prefix: newPrefix() })
  const before = await connectionsTo(redis)
  const ages = async () => {
    const list = String(await redis.command('CLIENT', 'LIST', 'TYPE', 'normal'))
      .trim()
      .split('\n')
    return list.map((client) => Number(/ age=(\d+)/.exec(client)?.[1]))
  }
  await until(
    async () => (await ages()).filter((age) => age >= 4).length > before || recorder.states.length > 1,
  )
  expect(recorder.states).toEqual(['up'])
})

it('goes on after its password was changed, with a provider that still gave the old one for a while', async () => {
  const rights = ['~*', '+@all']
  await redis.command('ACL', 'SETUSER', 'app', 'on', '>first', ...rights)
  let password = 'first'
  let asked = 0
  const credentials = async () => {
    asked++
    return { username: 'app', password }
  }
  const client = createClient({
    url: redis.url,
    credentialsProvider: { type: 'async-credentials-provider', credentials },
  })
  const broker = createRedisBroker({ client, prefix: newPrefix() })
  onTestFinished(() => broker.close())
  const recorder = new Recorder()
  await broker.start(recorder)
  await redis.command('ACL', 'SETUSER', 'app', 'resetpass', '>second')
  await redis.command('CLIENT', 'KILL', 'USER', 'app')
  await until(() => recorder.states.at(-1) === 'down')
  await expect(broker.publish(['news'], message)).rejects.toMatchObject({
    code: 'log-failed',
    message: expect.stringContaining('password'),
  })
  const before = asked
  await until(() => asked > before + 2)
  password = 'second'
  await until(() => recorder.states.at(-1) === 'up')
  await broker.publish(['news'], message)
  await until(() => recorder.received.length === 1)
  expect(recorder.breaks).toEqual([])
})
