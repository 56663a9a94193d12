import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, Recorder, startProcess, startTcpProxy, until } from '@sse/testbed'
import { expect, it, onTestFinished } from 'vitest'
import { createRedisBroker } from '../src/index.ts'
import { sentinelClient } from './kit/clients.ts'
import { startRedis } from './kit/redis-server.ts'

/** A sentinel that monitors one primary, and decides alone. */
async function startSentinelServer(primary: number): Promise<number> {
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'sse-sentinel-'))
  const file = join(directory, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    `sentinel monitor main 127.0.0.1 ${primary} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 2000',
  ]
  writeFileSync(file, lines.join('\n'))
  const executable = process.env['REDIS_SERVER_PATH'] ?? 'redis-server'
  const sentinel = await startProcess(executable, [file, '--sentinel'], { ready: /\+monitor master main/ })
  onTestFinished(async () => {
    await sentinel.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  })
  return port
}

it('a log continues on the replica that a sentinel promotes', async () => {
  const [primary, replica] = [await startRedis(), await startRedis()]
  onTestFinished(async () => void (await Promise.all([primary.stop(), replica.stop()])))
  await replica.command('REPLICAOF', '127.0.0.1', primary.port)
  await until(async () => String(await replica.command('ROLE')).includes('connected'))
  const port = await startSentinelServer(primary.port)
  const broker = createRedisBroker({ client: sentinelClient([port]) })
  onTestFinished(() => broker.close())
  const recorder = new Recorder()
  await broker.start(recorder)
  await broker.publish(['news'], { data: 'before' })
  await until(() => recorder.received.length === 1)
  // A replica that a sentinel does not know yet is not promoted, and one that lacks the entry is another test.
  await until(async () => Number(await replica.command('XLEN', '{sse}:log')) === 1)
  await until(async () => String(await primary.command('INFO', 'replication')).includes('state=online'))
  await primary.down()
  await until(() => recorder.states.at(-1) === 'down')
  const { id } = await until(() => broker.publish(['news'], { data: 'after' }, { idempotencyKey: 'after' }), {
    timeout: 60_000,
  })
  await until(() => recorder.received.some((entry) => entry.id === id), { timeout: 20_000 })
  expect(recorder.texts).toEqual(['before', 'after'])
  expect(recorder.breaks).toEqual([])
  await until(() => recorder.states.at(-1) === 'up')
}, 120_000)

it('a sentinel that is down does not matter, and a publish whose reply is lost is appended once', async () => {
  const primary = await startRedis()
  onTestFinished(() => primary.stop())
  const proxy = await startTcpProxy(primary.port)
  onTestFinished(() => proxy.close())
  const [gone, port] = [await freePort(), await startSentinelServer(primary.port)]
  // The primary is reached by the proxy, the sentinel as it is.
  const client = sentinelClient([gone, port], (to) => (to === primary.port ? proxy.port : undefined))
  const broker = createRedisBroker({ client, timeout: 10_000 })
  onTestFinished(() => broker.close())
  const recorder = new Recorder()
  await broker.start(recorder)
  await broker.publish(['news'], { data: 'before' })
  await until(() => recorder.received.length === 1)
  proxy.deafen()
  const publishing = broker.publish(['news'], { data: 'once' })
  await until(async () => Number(await primary.command('XLEN', '{sse}:log')) === 2)
  proxy.cut()
  proxy.mend()
  const { id, duplicate } = await publishing
  await until(() => recorder.received.length === 2)
  await broker.publish(['news'], { data: 'after' })
  await until(() => recorder.received.length === 3)
  expect(recorder.texts).toEqual(['before', 'once', 'after'])
  expect([recorder.received[1]?.id, false]).toEqual([id, duplicate])
}, 60_000)
