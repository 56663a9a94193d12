import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type Broker, createMemoryBroker, SseError } from '@sse/core'
import { createSqliteBroker } from '@sse/sqlite'
import { newDirectory, Recorder, startRecorded, until } from '@sse/testbed'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ClusterBrokerOptions, createClusterBroker } from '../src/index.ts'
import { encodeFrame, FrameReader } from '../src/wire/frames.ts'

function newPath(): string {
  return join(newDirectory(), 'log')
}

function leaderOf(path: string): string {
  return join(path, 'leader', readdirSync(join(path, 'leader'))[0]!)
}

/** A socket to the leader that speaks the protocol by hand. */
async function connectTo(path: string): Promise<{ socket: Socket; say(message: unknown): void }> {
  const socket = connect(leaderOf(path))
  await once(socket, 'connect')
  onTestFinished(() => void socket.destroy())
  return { socket, say: (message) => void socket.write(encodeFrame(JSON.stringify(message))) }
}

/** Reads so many frames that are no signs of life. */
async function read(socket: Socket, count: number): Promise<string[]> {
  const reader = new FrameReader()
  const texts: string[] = []
  for await (const chunk of socket) {
    texts.push(...reader.read(chunk).filter((text) => text !== ''))
    if (texts.length >= count) break
  }
  return texts
}

describe('createClusterBroker', () => {
  it.each<[string, unknown]>([
    ['a function that creates a broker', { broker: createMemoryBroker() }],
    ['broker', { broker: 7 }],
    ['path', { path: '' }],
    ['at most 85 bytes', { path: `/${'x'.repeat(100)}` }],
    ['timeout', { timeout: 0 }],
    ['startTimeout', { startTimeout: Number.POSITIVE_INFINITY }],
    ['tail.entries', { tail: { entries: -1 } }],
    ['Did you mean timeout?', { tiemout: 5 }],
  ])('refuses what is no %s', (words, options) => {
    expect(() => createClusterBroker(options as ClusterBrokerOptions)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(words) }),
    )
  })

  it('touches no file before its first use', async () => {
    const path = newPath()
    await createClusterBroker({ path }).close()
    expect(existsSync(path)).toBe(false)
  })
})

describe('start', () => {
  it('rejects with the error of the broker of the log, and leaves nothing; the next attempt may succeed', async () => {
    const path = newPath()
    let isBroken = true
    const broker = createClusterBroker({
      path,
      broker: () => {
        if (isBroken) throw new SseError('log-corrupt', 'The log is damaged.')
        return createMemoryBroker()
      },
    })
    onTestFinished(() => broker.close())
    await expect(broker.start(new Recorder())).rejects.toMatchObject({ code: 'log-corrupt' })
    expect(existsSync(path)).toBe(false)
    isBroken = false
    await broker.start(new Recorder())
  })

  it('of a member tells why its leader cannot serve the log', async () => {
    const path = newPath()
    const opening = Promise.withResolvers<never>()
    // The leader may not have begun to start its log when this fails.
    opening.promise.catch(() => {})
    const failing = { ...createMemoryBroker(), start: () => opening.promise, close: async () => {} } as Broker
    const leader = createClusterBroker({ path, broker: () => failing })
    const member = createClusterBroker({ path, broker: () => failing })
    onTestFinished(async () => void (await Promise.all([leader.close(), member.close()])))
    const starting = Promise.allSettled([leader, member].map((broker) => broker.start(new Recorder())))
    await until(() => existsSync(join(path, 'leader')))
    opening.reject(new SseError('log-read-only', 'The log cannot be written to.'))
    const refused = { status: 'rejected', reason: { code: 'log-read-only' } }
    expect(await starting).toMatchObject([refused, refused])
  })

  it('refuses what the function returns if that is no broker', async () => {
    const broker = createClusterBroker({ path: newPath(), broker: () => ({}) as Broker })
    onTestFinished(() => broker.close())
    await expect(broker.start(new Recorder())).rejects.toMatchObject({ code: 'invalid-option' })
  })

  it('of a second hub on one broker is refused', async () => {
    const { broker } = await startRecorded(createClusterBroker({ path: newPath() }))
    await expect(broker.start(new Recorder())).rejects.toMatchObject({ code: 'invalid-option' })
  })
})

describe('another version of the protocol', () => {
  it('of the leader is an error that names the way out', async () => {
    const path = newPath()
    mkdirSync(join(path, 'leader'), { recursive: true, mode: 0o700 })
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.write(
        encodeFrame(JSON.stringify({ protocol: 2, error: { code: 'log-failed', message: 'one version' } })),
      )
    }).listen(join(path, 'leader', 'newer---'))
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const broker = createClusterBroker({ path })
    onTestFinished(() => broker.close())
    const failed = { code: 'log-failed', message: expect.stringContaining('one version') }
    await expect(broker.start(new Recorder())).rejects.toMatchObject(failed)
  })

  it('of a member is told to it, and the leader goes on', async () => {
    const path = newPath()
    const { broker, recorder } = await startRecorded(createClusterBroker({ path }))
    for (const greeting of [{ protocol: 99 }, 'nonsense', null]) {
      const { socket, say } = await connectTo(path)
      say(greeting)
      const [answer = ''] = await read(socket, 1)
      expect(JSON.parse(answer)).toMatchObject({
        protocol: 1,
        error: { code: 'log-failed', message: expect.stringContaining('one version of @sse/cluster') },
      })
    }
    await broker.publish(['a'], { data: 'x' })
    await until(() => recorder.texts.length === 1)
  })
})

it('a member that does not read its replies costs the leader a few of them, and gets the others when it reads', async () => {
  const path = newPath()
  const { broker, head } = await startRecorded(createClusterBroker({ path }))
  for (let n = 0; n < 8; n++) await broker.publish(['a'], { data: 'x'.repeat(262_144) })
  const { socket, say } = await connectTo(path)
  const requests = 200
  const used = () => process.memoryUsage().arrayBuffers
  const before = used()
  say({ protocol: 1 })
  for (let id = 1; id <= requests; id++) say([id, 'read', { after: head, limit: 3 }])
  await until(() => used() - before > 1_048_576)
  // The leader serves others meanwhile.
  const other = await startRecorded(createClusterBroker({ path }))
  for (let n = 0; n < 50; n++) await other.broker.publish(['a'], { data: `${n}` })
  // All replies are 157 MB.
  expect(used() - before).toBeLessThan(60_000_000)
  expect(await read(socket, requests + 1)).toHaveLength(requests + 1)
}, 60_000)

it('a leader that closes leaves no publish in doubt: each is in the log once', async () => {
  const path = newPath()
  const file = join(newDirectory(), 'log.db')
  const connectBroker = () =>
    createClusterBroker({ path, broker: () => createSqliteBroker(file, { synchronous: 'off' }) })
  const { broker, recorder } = await startRecorded(connectBroker())
  const member = await startRecorded(connectBroker())
  const publishing: Promise<unknown>[] = []
  let isClosed = false
  const closing = broker.close().then(() => {
    isClosed = true
  })
  const texts: string[] = []
  while (!isClosed || texts.length < 100) {
    const text = `${texts.length}`
    texts.push(text)
    publishing.push(member.broker.publish(['a'], { data: text }))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await closing
  await Promise.all(publishing)
  await until(() => member.recorder.texts.length >= texts.length)
  expect(member.recorder.texts).toEqual(texts)
  expect(member.recorder.breaks).toEqual([])
  expect(recorder.breaks).toEqual([])
})

it('a broker that only publishes needs no start, and leads if nobody else does', async () => {
  const path = newPath()
  const job = createClusterBroker({ path })
  onTestFinished(() => job.close())
  const { id } = await job.publish(['a'], { data: 'x' })
  const { head } = await startRecorded(createClusterBroker({ path }))
  expect(head).toBe(id)
})
