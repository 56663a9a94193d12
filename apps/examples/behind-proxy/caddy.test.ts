import { until } from '@sse/testbed'
import { describe, expect, test } from 'vitest'
import { browse, native, others } from './test/ask.test-kit.ts'
import * as promises from './test/promises.test-kit.ts'
import { startApp, startProxy, without } from './test/proxied.test-kit.ts'

test('events arrive at once', async () => {
  const app = await startApp()
  await promises.expectAtOnce(app, await startProxy('caddy', app))
})

test('connections to the app are used again', async () => {
  expect(await promises.connectionsOfFive(await startProxy('caddy', await startApp()))).toBe(1)
})

promises.testKeptOpen('caddy')

promises.testTwentyStreams('caddy')

describe('while the app is replaced', () => {
  const impatient = without('lb_try_duration 5s')

  test('requests wait for the next one', async () => {
    const app = await startApp()
    const { ask } = browse(await startProxy('caddy', app))
    await app.stop()
    const [stream, status] = [ask('/events', native), ask('/status')]
    await app.start()
    await until(() => status.ended)
    expect(status.status).toBe(200)
    await until(() => stream.text.includes('event: sse.open'))
  })

  test('requests fail, without lb_try_duration, and a browser is told to come back', async () => {
    const app = await startApp()
    const { get } = browse(await startProxy('caddy', app, impatient))
    await app.stop()
    expect(await get('/events', native)).toMatchObject({
      ...{ status: 200, type: 'text/event-stream', text: 'retry: 2000\n\n' },
    })
    const refused = await Promise.all(others.map((accept) => get('/events', { accept })))
    expect(refused.map(({ status }) => status)).toEqual([502, 502])
    expect((await get('/status')).status).toBe(502)
  })

  test('a browser gives up, without handle_errors', async () => {
    const app = await startApp()
    const changes = [impatient, without(/handle_errors \{[\s\S]*?\n\t\}/)]
    const { get } = browse(await startProxy('caddy', app, ...changes))
    await app.stop()
    expect((await get('/events', native)).status).toBe(502)
  })
})

describe('with two servers', () => {
  const second = (port: number) => without('127.0.0.1:3000', `127.0.0.1:3000 127.0.0.1:${port}`)
  promises.testTwoServers('caddy', second, without('lb_try_duration 5s', 'lb_try_duration 1s'))
})

test('pnpm example behind-proxy caddy starts it in front of the app', () => promises.expectToRun('caddy'))
