import { freePort, until } from '@sse/testbed'
import { expect } from 'vitest'
import { runExample } from '../test/example.ts'
import { askHttp1, browse, data, native } from './ask.test-kit.ts'
import type { App, Front } from './proxied.test-kit.ts'
import type { ProxyName } from './proxy.ts'

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

/** A stream of which nothing arrives although ten events are on their way, and other answers overtake them, until it ends. */
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

/** Twenty streams in one connection, and other requests beside them. */
export async function expectTwentyStreams(app: App, proxy: Front): Promise<void> {
  const { ask, get } = browse(proxy)
  const streams = Array.from({ length: 20 }, () => ask('/events', native))
  await until(async () => (await app.streams()) === 20)
  expect((await get('/status')).status).toBe(200)
  await app.publish('to all')
  await until(() => streams.every((stream) => data(stream, 'news').length === 1))
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

/** A proxy whose patience is two seconds: a stream with heartbeats for longer than that is not cut off. */
export async function expectKeptOpen(proxy: Front): Promise<void> {
  const stream = browse(proxy).ask('/events', native)
  await until(() => data(stream, 'sse.ping').length === 12 || stream.ended)
  expect(stream).toMatchObject({ status: 200, ended: false })
}

/** What a proxy without patience does to a stream without heartbeats. */
export async function expectCutOff(proxy: Front): Promise<void> {
  const stream = browse(proxy).ask('/events', native)
  await until(() => stream.ended)
  expect(stream.status).toBe(200)
  expect(stream.text).not.toContain('sse.close')
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
