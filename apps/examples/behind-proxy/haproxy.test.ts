import { until } from '@sse/testbed'
import { describe, expect, test } from 'vitest'
import { type Answer, askHttp1, data, native } from './test/ask.test-kit.ts'
import * as promises from './test/promises.test-kit.ts'
import { type App, startApp, startProxy, without } from './test/proxied.test-kit.ts'

describe('events', () => {
  test('arrive at once', async () => {
    const app = await startApp()
    await promises.expectAtOnce(app, await startProxy('haproxy', app))
  })

  // With TLS between it and the browser HAProxy has no use for the delay.
  const plain = without(' ssl crt certificate.pem alpn h2,http/1.1')

  test('arrive several times as often, one after the other, as without option http-no-delay', async () => {
    const [app, other] = await Promise.all([startApp(), startApp()])
    const quick = await startProxy('haproxy', app, plain)
    const slow = await startProxy('haproxy', other, plain, without('option http-no-delay'))
    const streams = [quick, slow].map(({ origin }) =>
      askHttp1({ origin: origin.replace('https:', 'http:') }, '/events', native),
    ) as [Answer, Answer]
    await until(() => streams.every((stream) => data(stream, 'sse.open').length === 1))
    const end = new AbortController()
    const counts = await Promise.all([
      inTurn(app, streams[0], end, Number.POSITIVE_INFINITY),
      inTurn(other, streams[1], end, 5),
    ])
    expect(counts[0] / counts[1]).toBeGreaterThan(2)
  })

  /** Publishes an event whenever the one before has arrived, until one of them has enough. How many have arrived by then. */
  async function inTurn(app: App, stream: Answer, end: AbortController, enough: number) {
    let arrived = 0
    while (arrived < enough && !end.signal.aborted) {
      await app.publish('news')
      await until(() => data(stream, 'news').length > arrived || end.signal.aborted, { interval: 5 })
      arrived = data(stream, 'news').length
    }
    end.abort()
    return arrived
  }
})

test('connections to the app are used again', async () => {
  expect(await promises.connectionsOfFive(await startProxy('haproxy', await startApp()))).toBe(1)
})

promises.testQuietStream('haproxy', without('timeout server 60s', 'timeout server 2s'))

promises.testTwentyStreams('haproxy')

promises.testReplacement('haproxy')
promises.testWithoutReplacement(
  'haproxy',
  'a browser gives up, without errorfile',
  without(/errorfile .*/),
  503,
)

describe('with two servers', () => {
  const second = (port: number) => without('# server other 127.0.0.1:3001', `server other 127.0.0.1:${port}`)
  promises.testTwoServers('haproxy', second)

  test('one that is away is noticed, without option redispatch', async () => {
    const { get } = await promises.oneAway('haproxy', second, without('option redispatch'))
    const answers = await Promise.all([get('/status'), get('/status')])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 503])
  })
})

test('pnpm example behind-proxy haproxy starts it in front of the app', () => promises.expectToRun('haproxy'))
