import { freePort, until } from '@sse/testbed'
import { expect, test } from 'vitest'
import { runExample } from '../../test/example.ts'
import type { ProxyName } from '../proxy.ts'
import { askHttp1, browse, data, native, others } from './ask.test-kit.ts'
import { type App, type Change, type Front, startApp, startProxy } from './proxied.test-kit.ts'

/** Publishes a piece of news at a time, each when the one before has arrived, over HTTP/1.1 and over HTTP/2. */
export async function expectAtOnce(app: App, front: Front): Promise<void> {
  const streams = [browse(front).ask('/events', native), askHttp1(front, '/events', native)]
  await until(async () => (await app.streams()) === 2)
  for (let number = 1; number <= 5; number++) {
    await app.publish(`number ${number}`)
    await until(() => streams.every((stream) => data(stream, 'news').length === number))
  }
  for (const stream of streams) expect(stream).toMatchObject({ status: 200, ended: false })
}

/** The proxy holds back ten events of a stream until the stream ends. Answers to other requests arrive before them. */
export async function expectHeldBack(app: App, front: Front): Promise<void> {
  const stream = askHttp1(front, '/events', native) // the head may be held back too
  const { get } = browse(front)
  await until(() => app.streams())
  for (let number = 1; number <= 10; number++) {
    await app.publish(`number ${number}`)
    await get('/status')
  }
  expect(stream.text).toBe('')
  await app.stop()
  await until(() => stream.ended)
  expect(data(stream, 'news')).toHaveLength(10)
}

/** How many requests, one after the other, came to the app on how many connections. */
export async function connectionsOfFive(proxy: Front, method = 'GET'): Promise<number> {
  const { get } = browse(proxy)
  const connections = new Set<unknown>()
  for (let request = 0; request < 5; request++) {
    connections.add(JSON.parse((await get('/status', { ':method': method })).text).connection)
  }
  return connections.size
}

/** Heartbeats for longer than a proxy with a patience of two seconds has. */
export function testKeptOpen(name: ProxyName, ...impatient: readonly Change[]): void {
  test('a quiet stream is kept open by heartbeats', async () => {
    const app = await startApp({ HEARTBEAT: '200' })
    const stream = browse(await startProxy(name, app, ...impatient)).ask('/events', native)
    await until(() => data(stream, 'sse.ping').length === 12 || stream.ended)
    expect(stream).toMatchObject({ status: 200, ended: false })
  })
}

/** @param impatient gives the proxy a patience of two seconds */
export function testQuietStream(name: ProxyName, impatient: Change): void {
  testKeptOpen(name, impatient)

  test('a quiet stream is ended by the proxy without heartbeats', async () => {
    const app = await startApp({ HEARTBEAT: '100000' })
    const stream = browse(await startProxy(name, app, impatient)).ask('/events', native)
    await until(() => stream.ended)
    expect(stream.status).toBe(200)
    expect(stream.text).not.toContain('sse.close')
  })
}

/** Twenty streams in one connection, and other requests beside them. */
export function testTwentyStreams(name: ProxyName): void {
  test('HTTP/2 carries twenty streams in one connection', async () => {
    const app = await startApp()
    const { ask, get } = browse(await startProxy(name, app))
    const streams = Array.from({ length: 20 }, () => ask('/events', native))
    await until(async () => (await app.streams()) === 20)
    expect((await get('/status')).status).toBe(200)
    await app.publish('to all')
    await until(() => streams.every((stream) => data(stream, 'news').length === 1))
  })
}

export function testReplacement(name: ProxyName): void {
  test('while the app is replaced a browser is told when to reconnect, and others get a 503', async () => {
    const app = await startApp()
    const { get } = browse(await startProxy(name, app))
    await app.stop()
    expect(await get('/events', native)).toMatchObject({
      ...{ status: 200, type: 'text/event-stream', text: 'retry: 2000\n\n' },
    })
    const refused = await Promise.all(others.map((accept) => get('/events', { accept })))
    expect(refused.map(({ status }) => status)).toEqual([503, 503])
    await app.start()
    expect((await get('/status')).status).toBe(200)
  })
}

/** @param status what a browser then gets while the app is away, and gives up */
export function testWithoutReplacement(name: ProxyName, title: string, change: Change, status: number): void {
  test(title, async () => {
    const app = await startApp()
    const { get } = browse(await startProxy(name, app, change))
    await app.stop()
    expect((await get('/events', native)).status).toBe(status)
  })
}

/** The change that names the second server of a configuration, by its port. */
type Second = (port: number) => Change

async function startTwo(name: ProxyName, second: Second, changes: readonly Change[]) {
  const apps = await Promise.all([startApp(), startApp()])
  const front = await startProxy(name, apps[0], second(apps[1].port), ...changes)
  return { apps, ...browse(front) }
}

/** A proxy with two servers, the first of which has ended. */
export async function oneAway(name: ProxyName, second: Second, ...changes: readonly Change[]) {
  const { apps, get } = await startTwo(name, second, changes)
  await apps[0].stop()
  return { get }
}

/** A proxy with two servers that had two streams each, then were both away while clients asked, and have both started again. */
export async function bothAway(name: ProxyName, second: Second, ...changes: readonly Change[]) {
  const { apps, ask, get } = await startTwo(name, second, changes)
  const streams = Array.from({ length: 4 }, () => ask('/events', native))
  await until(() => streams.every((stream) => data(stream, 'sse.open').length === 1))
  await Promise.all(apps.map((app) => app.stop()))
  await until(() => streams.every(({ ended }) => ended))
  const answers = await Promise.all(streams.map(() => get('/events', native)))
  for (const { text } of answers) expect(text).toBe('retry: 2000\n\n')
  await Promise.all(apps.map((app) => app.start()))
  return { ask, get }
}

export function testTwoServers(name: ProxyName, second: Second, ...changes: readonly Change[]): void {
  test('every stream is back at its first attempt once both were away', async () => {
    const { ask, get } = await bothAway(name, second, ...changes)
    const streams = Array.from({ length: 4 }, () => ask('/events', native))
    await until(() => streams.every((stream) => data(stream, 'sse.open').length === 1 || stream.ended))
    expect(streams.map(({ ended }) => ended)).toEqual([false, false, false, false])
    expect((await get('/status')).status).toBe(200)
  })

  test('one that is away is not noticed', async () => {
    const { get } = await oneAway(name, second, ...changes)
    for (const method of ['GET', 'POST', 'GET', 'POST']) {
      expect((await get('/status', { ':method': method })).status).toBe(200)
    }
  })
}

/** `pnpm example behind-proxy NAME`: the app and the proxy, and nothing of them when it has ended. */
export async function expectToRun(name: ProxyName): Promise<void> {
  const port = await freePort()
  const { process } = await runExample('behind-proxy', { TLS_PORT: String(port) }, name)
  expect(process.output).toContain(`https://localhost:${port} by ${name}`)
  const front = { origin: `https://localhost:${port}`, rejectUnauthorized: false } as const
  const stream = await until(async () => {
    const answer = browse(front).ask('/events', native)
    await until(() => answer.ended || data(answer, 'sse.open').length === 1)
    return answer.ended ? undefined : answer
  })
  expect(stream.status).toBe(200)
  expect(await process.kill('SIGTERM')).toMatchObject({ signal: null })
}
