import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createSseClient } from '@sse/client'
import { freePort, startProcess, until } from '@sse/testbed'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { people, topics } from '../server/directory.ts'
import { type Fault, killServer, lineFaults, strikeFor } from './faults/faults.ts'
import { type Follower, follow } from './faults/followers.ts'
import { compare, readLedger } from './faults/ledger.ts'
import { startLoad } from './faults/load.ts'
import { createRandom, seed } from './faults/random.ts'
import { signIn, startSender, startServer, type TestServer } from './start-server.ts'

const long = process.env['SSE_FAULTS'] === 'long'
/** After each fault has struck once. */
const time = long ? 300_000 : 0
const patience = { timeout: 120_000, interval: 200 }

/** Ends what a test has started: `onTestFinished`, or that of a whole group. */
type Cleanup = (end: () => Promise<void>) => void

/** A Redis that keeps its log on disk, on a port of its own, to be killed and started again. */
async function startRedis(onFinished: Cleanup) {
  const folder = mkdtempSync(join(tmpdir(), 'herald-redis-'))
  const port = await freePort()
  const start = () =>
    startProcess(
      process.env['REDIS_SERVER_PATH'] ?? 'redis-server',
      ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--save', ''],
      { ready: /Ready to accept connections/ },
    )
  let running = await start()
  onFinished(async () => {
    await running.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    url: `redis://127.0.0.1:${port}`,
    async restart(pause: number) {
      await running.kill('SIGKILL')
      await delay(pause)
      running = await start()
    },
  }
}

/** Two nodes that share a database file and a Redis. */
async function startNodes(redisUrl: string, onFinished: Cleanup) {
  const env = { REDIS_URL: redisUrl, WRITES_PER_MINUTE: '100000' }
  const first = await startServer('development', { ...env, NODE_NAME: '1' })
  onFinished(first.stop)
  const second = await startServer('development', {
    ...env,
    NODE_NAME: '2',
    DATABASE_FILE: first.databaseFile,
  })
  onFinished(second.stop)
  return [first, second] as const
}

describe('two nodes', () => {
  let shared: { redis: Awaited<ReturnType<typeof startRedis>>; first: TestServer; second: TestServer }
  const ends: (() => Promise<void>)[] = []
  beforeAll(async () => {
    const later: Cleanup = (end) => void ends.unshift(end)
    const redis = await startRedis(later)
    const [first, second] = await startNodes(redis.url, later)
    shared = { redis, first, second }
  })
  afterAll(async () => {
    for (const end of ends) await end()
  })

  test('what is sent to one node is read at the other, and a session ended there is ended here', async () => {
    const { first, second } = shared
    const cookie = await signIn(second.origin, 'mina')
    const follower = follow(second.origin, cookie)
    await until(() => follower.opened.length === 1)
    const sender = await startSender(first.origin, 'joon')
    const { id } = await sender.send('user:mina', 'Across')
    await until(() => follower.received.includes(id))

    // What one node is asked to do to the streams of a session, or of all, every node does.
    const ask = (Cookie: string, path: string, body: object) =>
      fetch(`${first.origin}/api/${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Cookie },
        body: JSON.stringify(body),
      })
    const opened = follower.opened.length
    await ask(cookie, 'line/cut', {})
    await until(() => follower.opened.length === opened + 1, patience)
    await ask(await signIn(first.origin, 'admin'), 'admin/drain', { seconds: 1 })
    await until(() => follower.opened.length === opened + 2, patience)

    const elsewhere = await signIn(first.origin, 'mina')
    const copied = follow(second.origin, elsewhere)
    await until(() => copied.opened.length === 1)
    await fetch(`${first.origin}/api/session`, { method: 'DELETE', headers: { Cookie: elsewhere } })
    await until(() => follower.opened.length === opened + 3, patience)
    // Nobody is signed in by a copy of its cookie, in no node.
    for (const { origin } of [first, second]) {
      const stream = await fetch(`${origin}/events`, { headers: { Cookie: elsewhere } })
      expect(stream.status).toBe(401)
    }
    await until(() => copied.closed())
    expect(copied.opened).toHaveLength(1)
  })

  test('what is stored while Redis is away is published when it is back, in order', async () => {
    const { redis, first, second } = shared
    const follower = follow(second.origin, await signIn(second.origin, 'mina'))
    await until(() => follower.opened.length === 1)
    const sender = await startSender(first.origin, 'joon')
    const back = redis.restart(1_000)
    const sent: number[] = []
    for (let n = 0; n < 5; n++) sent.push((await sender.send('user:mina', `Number ${n}`)).id)
    await back
    await until(() => follower.received.length === 5, patience)
    expect(follower.received).toEqual(sent)
    expect(follower.faults).toEqual([])
  })

  test('who is online is the same at both nodes', async () => {
    const { first, second } = shared
    /** A page of somebody at a node, and who it shows online. */
    async function enter({ origin }: { readonly origin: string }, user: string) {
      const client = createSseClient(`${origin}/events`, {
        headers: { Cookie: await signIn(origin, user) },
        backoff: { base: 50, max: 500 },
      })
      const page = { online: [] as string[], leave: () => client.close() }
      client.onPresence<{ name: string }>('all', ({ members = [] }) => {
        page.online = members.map(({ info }) => info.name).sort()
      })
      client.connect()
      onTestFinished(page.leave)
      return page
    }
    const mina = await enter(second, 'mina')
    const tabs = [await enter(first, 'joon'), await enter(first, 'joon')]
    for (const page of [mina, ...tabs])
      await until(() => page.online.join() === 'Joon Park,Mina Kim', patience)
    tabs[1]!.leave()
    const sora = await enter(first, 'sora')
    await until(() => mina.online.join() === 'Joon Park,Mina Kim,Sora Lee', patience)
    // The members of a process that has died are gone after its lease, which takes half a minute.
    if (long) await first.stop()
    for (const page of [...tabs, sora]) page.leave()
    await until(() => mina.online.join() === 'Mina Kim', patience)
  }, 120_000)
})

test(
  `clients of two nodes hold what is stored after kills of nodes and of Redis (SSE_SEED=${seed})`,
  async () => {
    const redis = await startRedis(onTestFinished)
    const nodes = await startNodes(redis.url, onTestFinished)
    const random = createRandom(seed)
    const followers: { user: string; follower: Follower }[] = []
    const cookies: string[] = []
    for (const { origin } of nodes) {
      for (const { id: user } of people) {
        const cookie = await signIn(origin, user)
        cookies.push(cookie)
        for (let n = 0; n < 3; n++)
          followers.push({ user, follower: follow(origin, cookie, { backoff: { max: 4_000 } }) })
      }
    }
    await until(() => followers.every(({ follower }) => follower.opened.length === 1), patience)

    const recipients = [
      'all',
      ...people.map(({ id }) => `user:${id}`),
      ...topics.map(({ id }) => `topic:${id}`),
    ]
    const draw = createRandom(seed + 1)
    const pace = { recipient: () => draw.pick(recipients), pause: () => draw.between(50, 300) }
    const loads = await Promise.all(
      nodes.map(({ origin }, index) => startLoad(origin, [people[index]!.id], pace)),
    )
    const redisFault: Fault = {
      name: 'Redis',
      weight: 2,
      strike: () => redis.restart(random.between(0, 1_500)),
    }
    const faults = [
      ...nodes.map((node, index) => ({ ...killServer(node, random), name: `node ${index + 1}` })),
      redisFault,
      ...lineFaults(nodes[0].origin, cookies.slice(0, people.length), random).filter(
        ({ name }) => name === 'cut',
      ),
    ]
    const struck = await strikeFor(time, faults, random)
    await Promise.all(loads.map((load) => load.stop()))

    const ledger = readLedger(nodes[0].databaseFile)
    const held = () => followers.map(({ user, follower }) => ({ user, ids: follower.received }))
    await until(() => compare(ledger, held()).lost === 0, patience).catch(() => {})
    const { lost, repeated } = compare(ledger, held())
    console.info(
      `${JSON.stringify(struck)}, ${ledger.size} notifications, ${followers.length} clients; ${lost} lost, ${repeated} repeated (SSE_SEED=${seed})`,
    )
    const acknowledged = loads.flatMap((load) => load.acknowledged)
    expect([...acknowledged].sort((a, b) => a - b)).toEqual(
      Array.from({ length: ledger.size }, (_, index) => index + 1),
    )
    for (const { follower } of followers) expect(follower.faults).toEqual([])
    for (const { user, ids } of held()) expect(ids).toEqual(ledger.of(user))
  },
  time + 180_000,
)
