import { until } from '@sse/testbed'
import { describe, expect, test } from 'vitest'
import { browse, native } from './test/ask.test-kit.ts'
import * as promises from './test/promises.test-kit.ts'
import { startApp, startProxy, without } from './test/proxied.test-kit.ts'

const unbuffered = without('proxy_buffering off;')

describe('events', () => {
  test('arrive at once', async () => {
    const app = await startApp()
    await promises.expectAtOnce(app, await startProxy('nginx', app))
  })

  test('arrive without proxy_buffering off too, because the app says so', async () => {
    const app = await startApp()
    await promises.expectAtOnce(app, await startProxy('nginx', app, unbuffered))
  })

  // To a second nginx the app says nothing: the first one keeps the header to itself.
  const behindAnother = without('proxy_pass http:', 'proxy_pass https:')

  test('arrive through two of them', async () => {
    const app = await startApp()
    const inner = await startProxy('nginx', app)
    await promises.expectAtOnce(app, await startProxy('nginx', inner, behindAnother))
  })

  test('are held back to the end by the second one, without proxy_buffering off', async () => {
    const app = await startApp()
    const inner = await startProxy('nginx', app)
    await promises.expectHeldBack(app, await startProxy('nginx', inner, behindAnother, unbuffered))
  })
})

describe('connections to the app', () => {
  test('are used again', async () => {
    expect(await promises.connectionsOfFive(await startProxy('nginx', await startApp()))).toBe(1)
  })

  test.each(['proxy_http_version 1.1;', 'proxy_set_header Connection "";', 'keepalive 16;'])(
    'are not, without %s, though events arrive at once',
    async (setting) => {
      const app = await startApp()
      const proxy = await startProxy('nginx', app, without(setting))
      expect(await promises.connectionsOfFive(proxy)).toBe(5)
      await promises.expectAtOnce(app, proxy)
    },
  )

  test('are used once by a POST', async () => {
    expect(await promises.connectionsOfFive(await startProxy('nginx', await startApp()), 'POST')).toBe(5)
  })

  test('are used again by a POST too, where it goes the way of a GET', async () => {
    const proxy = await startProxy('nginx', await startApp(), without('default app_once;', 'default app;'))
    expect(await promises.connectionsOfFive(proxy, 'POST')).toBe(1)
  })
})

promises.testQuietStream('nginx', without('proxy_read_timeout 60s', 'proxy_read_timeout 2s'))

promises.testTwentyStreams('nginx')

test('HTTP/2 carries fewer, where nginx may not have as many connections as they take', async () => {
  const app = await startApp()
  const proxy = await startProxy('nginx', app, without('worker_connections 4096', 'worker_connections 16'))
  const { ask } = browse(proxy)
  const streams = Array.from({ length: 20 }, () => ask('/events', native))
  await until(() => streams.every(({ status }) => status > 0))
  expect(await app.streams()).toBeLessThan(20)
})

promises.testReplacement('nginx')
promises.testWithoutReplacement(
  'nginx',
  'a browser gives up, without error_page',
  without(/error_page .*/),
  502,
)

test('while the app is replaced a poll is answered with the empty stream, without looking at who asks', async () => {
  const app = await startApp()
  const { get } = browse(await startProxy('nginx', app, without(/if \([^}]*}/)))
  await app.stop()
  expect(await get('/events', { accept: 'application/json' })).toMatchObject({
    status: 200,
    type: 'text/event-stream',
  })
})

describe('with two servers', () => {
  const second = (port: number) => without('# server 127.0.0.1:3001', `server 127.0.0.1:${port}`)
  promises.testTwoServers('nginx', second)

  // nginx's default is `max_fails=1 fail_timeout=10s`. Here it is longer than any machine takes to start the apps.
  test('no stream is back once both were away, without max_fails=0', async () => {
    const { get } = await promises.bothAway('nginx', second, without('max_fails=0', 'fail_timeout=600s'))
    expect((await get('/events', native)).text).toBe('retry: 2000\n\n')
    expect((await get('/status')).status).toBe(502)
  })
})

test('pnpm example behind-proxy nginx starts it in front of the app', () => promises.expectToRun('nginx'))
