import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, utimesSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type Broker, createMemoryBroker } from '@sse/core'
import { newDirectory, Recorder, type RunningProcess, startProcess, startRecorded, until } from '@sse/testbed'
import { expect, it, onTestFinished } from 'vitest'
import { createClusterBroker } from '../src/index.ts'

const program = fileURLToPath(new URL('kit/member.ts', import.meta.url))
const conditions = '--conditions=@sse/source'

/** A socket that no process listens on, as after a SIGKILL. */
async function leaveSocket(folder: string, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const server = createServer().listen(join(folder, 'closes'))
  await once(server, 'listening')
  // When a server closes, Node deletes the path that it has listened on.
  renameSync(join(folder, 'closes'), join(folder, name))
  server.close()
  await once(server, 'close')
}

async function startMember(path: string, name: string): Promise<RunningProcess> {
  const member = await startProcess(process.execPath, [conditions, program, path, name], { ready: /^/ })
  onTestFinished(async () => void (await member.kill('SIGKILL')))
  return member
}

/** A broker on a log in memory, which counts how many lead. */
function countingLeaders(path: string, leaders: { now: number; most: number }): Broker {
  return createClusterBroker({
    path,
    broker: () => {
      const broker = createMemoryBroker()
      const close = broker.close.bind(broker)
      broker.close = () => {
        leaders.now--
        return close()
      }
      leaders.most = Math.max(leaders.most, ++leaders.now)
      return broker
    },
  })
}

it('of 20 brokers that start at once on a socket that was left, one leads', async () => {
  for (let round = 0; round < 10; round++) {
    const path = join(newDirectory(), 'log')
    await leaveSocket(join(path, 'leader'), 'leftover')
    const leaders = { now: 0, most: 0 }
    const brokers = Array.from({ length: 20 }, () => countingLeaders(path, leaders))
    const started = await Promise.all(brokers.map((broker) => startRecorded(broker)))
    expect(leaders).toEqual({ now: 1, most: 1 })
    await Promise.all(brokers.map((broker, index) => broker.publish(['a'], { data: `${index}` })))
    const texts = started[0]!.recorder.received
    await until(() => started.every(({ recorder }) => recorder.received.length === 20))
    for (const { recorder } of started) expect(recorder.received).toEqual(texts)
    await Promise.all(brokers.map((broker) => broker.close()))
    expect(existsSync(path)).toBe(false)
  }
})

it('while brokers come and go, never do two lead, and the last leaves nothing', async () => {
  const path = join(newDirectory(), 'log')
  const leaders = { now: 0, most: 0 }
  const live = async (index: number) => {
    for (let life = 0; life < 15; life++) {
      const broker = countingLeaders(path, leaders)
      await broker.start(new Recorder())
      if ((index + life) % 3 === 0)
        await broker.publish(['a'], { data: 'x' }, { idempotencyKey: `${index}.${life}` })
      await broker.close()
    }
  }
  await Promise.all(Array.from({ length: 6 }, (_, index) => live(index)))
  expect(leaders).toEqual({ now: 0, most: 1 })
  expect(existsSync(path)).toBe(false)
})

it('of processes that start at once one leads, and when it is killed another one takes over', async () => {
  const path = join(newDirectory(), 'log')
  const killed = await startMember(path, 'killed')
  await until(() => killed.output.includes('killed has killed.'))
  await killed.kill('SIGKILL')
  expect(readdirSync(join(path, 'leader'))).toHaveLength(1)

  const names = ['a', 'b', 'c', 'd', 'e']
  const members = await Promise.all(names.map((name) => startMember(path, name)))
  await until(() => members.every(({ output }) => output.includes('has a b c d e.')))
  const leading = () => members.filter(({ output }) => output.includes('leads'))
  expect(leading()).toHaveLength(1)

  const [leader] = leading()
  await leader!.kill('SIGKILL')
  const others = members.filter((member) => member !== leader)
  await until(() => others.every(({ output }) => output.includes('was told forked')))
  expect(leading()).toHaveLength(2)
  const late = await startMember(path, 'late')
  await until(() => [late, ...others].every((member) => / late\b/.test(member.output)))
})

it('threads share a log, and when the thread that leads is terminated another one takes over', async () => {
  const path = join(newDirectory(), 'log')
  const output = new Map<string, string>()
  const start = (name: string) => {
    const worker = new Worker(program, { argv: [path, name], execArgv: [conditions], stdout: true })
    onTestFinished(async () => void (await worker.terminate()))
    output.set(name, '')
    worker.stdout.setEncoding('utf8').on('data', (text) => output.set(name, output.get(name) + text))
    return worker
  }
  const workers = new Map(['a', 'b', 'c'].map((name) => [name, start(name)]))
  await until(() => [...output.values()].every((text) => text.includes('has a b c.')))
  const leading = () => [...output].filter(([, text]) => text.includes('leads')).map(([name]) => name)
  const [leader = ''] = leading()
  expect(leading()).toHaveLength(1)
  await workers.get(leader)!.terminate()
  await until(() => [...output].every(([name, text]) => name === leader || text.includes('was told forked')))
  expect(leading()).toHaveLength(2)
})

it('what a candidate has left that was killed is removed by the next leader', async () => {
  const path = join(newDirectory(), 'log')
  await leaveSocket(join(path, 'leftover'), 'leftover')
  utimesSync(join(path, 'leftover'), 0, 0)
  await startRecorded(createClusterBroker({ path }))
  await until(() => readdirSync(path).join() === 'leader')
})

it.each(['that others may enter', 'behind a link'])('a folder %s is refused', async (kind) => {
  const path = join(newDirectory(), 'log')
  mkdirSync(`${path}.real`, { mode: kind === 'behind a link' ? 0o700 : 0o755 })
  if (kind === 'behind a link') symlinkSync(`${path}.real`, path)
  else renameSync(`${path}.real`, path)
  const broker = createClusterBroker({ path })
  onTestFinished(() => broker.close())
  await expect(broker.start(new Recorder())).rejects.toMatchObject({
    code: 'log-failed',
    message: expect.stringContaining('mode 700'),
  })
})
