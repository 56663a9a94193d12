import { until } from '@sse/testbed'
import { describe, expect, test } from 'vitest'
import { browse, native, others } from './ask.test-kit.ts'
import {
  connectionsOfFive,
  expectAtOnce,
  expectCutOff,
  expectHeldBack,
  expectKeptOpen,
  expectToRun,
  expectTwentyStreams,
} from './promises.test-kit.ts'
import { startApp, startProxy, without } from './proxied.test-kit.ts'

const unbuffered = without('proxy_buffering off;')
const impatient = without('proxy_read_timeout 60s', 'proxy_read_timeout 2s')

describe('events', () => {
  test('arrive at once', async () => {
    const app = await startApp()
    await expectAtOnce(app, await startProxy('nginx', app))
  })

  test('arrive without proxy_buffering off too, because the app says so', async () => {
    const app = await startApp()
    await expectAtOnce(app, await startProxy('nginx', app, unbuffered))
  })

  // To a second nginx the app says nothing: the first one keeps the header to itself.
  const behindAnother = without('proxy_pass http:', 'proxy_pass https:')

  test('arrive through two of them', async () => {
    const app = await startApp()
    const inner = await startProxy('nginx', app)
    await expectAtOnce(app, await startProxy('nginx', inner, behindAnother))
  })

  test('are held back to the end by the second one, without proxy_buffering off', async () => {
    const app = await startApp()
    const inner = await startProxy('nginx', app)
    await expectHeldBack(app, await startProxy('nginx', inner, behindAnother, unbuffered))
  })
})

describe('connections to the app', () => {
  test('are used again', async () => {
    expect(await connectionsOfFive(await startProxy('nginx', await startApp()))).toBe(1)
  })

  test.each(['proxy_http_version 1.1;', 'proxy_set_header Connection "";', 'keepalive 16;'])(
    'are not, without %s, though events arrive at once',
    async (setting) => {
      const app = await startApp()
      const proxy = await startProxy('nginx', app, without(setting))
      expect(await connectionsOfFive(proxy)).toBe(5)
      await expectAtOnce(app, proxy)
    },
  )

  test('are used once by a POST', async () => {
    expect(await connectionsOfFive(await startProxy('nginx', await startApp()), 'POST')).toBe(5)
  })

  test('are used again by a POST too, where it goes the way of a GET', async () => {
    const proxy = await startProxy('nginx', await startApp(), without('default app_once;', 'default app;'))
    expect(await connectionsOfFive(proxy, 'POST')).toBe(1)
  })
})

describe('a quiet stream', () => {
  test('is kept open by heartbeats', async () => {
    const app = await startApp({ HEARTBEAT: '200' })
    await expectKeptOpen(await startProxy('nginx', app, impatient))
  })

  test('is cut off without', async () => {
    const app = await startApp({ HEARTBEAT: '100000' })
    await expectCutOff(await startProxy('nginx', app, impatient))
  })
})

describe('HTTP/2', () => {
  test('carries twenty streams in one connection', async () => {
    const app = await startApp()
    await expectTwentyStreams(app, await startProxy('nginx', app))
  })

  test('does not, where nginx may not have as many connections as they take', async () => {
    const app = await startApp()
    const proxy = await startProxy('nginx', app, without('worker_connections 4096', 'worker_connections 16'))
    const { ask } = browse(proxy)
    const streams = Array.from({ length: 20 }, () => ask('/events', native))
    await until(() => streams.every(({ status }) => status > 0))
    expect(await app.streams()).toBeLessThan(20)
  })
})

describe('while the app is replaced', () => {
  test('a browser is told to come back, and everybody else that there is nobody', async () => {
    const app = await startApp()
    const { get } = browse(await startProxy('nginx', app))
    await app.stop()
    expect(await get('/events', native)).toMatchObject({
      ...{ status: 200, type: 'text/event-stream', text: 'retry: 2000\n\n' },
    })
    const refused = await Promise.all(others.map((accept) => get('/events', { accept })))
    expect(refused.map(({ status }) => status)).toEqual([503, 503])
    await app.start()
    expect((await get('/status')).status).toBe(200)
  })

  test('a browser gives up, without error_page', async () => {
    const app = await startApp()
    const { get } = browse(await startProxy('nginx', app, without(/error_page .*/)))
    await app.stop()
    expect((await get('/events', native)).status).toBe(502)
  })

  test('a poll takes the stream of nothing for an answer, without looking at who asks', async () => {
    const app = await startApp()
    const { get } = browse(await startProxy('nginx', app, without(/if \([^}]*}/)))
    await app.stop()
    expect(await get('/events', { accept: 'application/json' })).toMatchObject({
      status: 200,
      type: 'text/event-stream',
    })
  })
})

test('pnpm example behind-proxy nginx starts it in front of the app', () => expectToRun('nginx'))
