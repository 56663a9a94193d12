import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until, withChromium } from '@sse/testbed'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { createSseClient, SseClient } from '../src/index.ts'
import { pageFile } from './page.ts'

declare const window: {
  readonly createSseClient: typeof createSseClient
  readonly EventSource: typeof EventSource
  client: SseClient
  heard: unknown[]
}

const browser = withChromium()

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

/** A page, and a server of another origin that signs in by a cookie and streams to whom it knows. */
async function openPage() {
  const page = createServer((request, response) => {
    const file = pageFile(request.url ?? '/')
    response.writeHead(file ? 200 : 404, {
      'Content-Type': file?.type === 'js' ? 'text/javascript' : 'text/html',
    })
    response.end(file?.text)
  })
  const requests: IncomingMessage[] = []
  const streams = createServer((request, response) => {
    const cors = {
      'Access-Control-Allow-Origin': request.headers.origin ?? '*',
      'Access-Control-Allow-Credentials': 'true',
      'Cache-Control': 'no-store',
    }
    if (request.url === '/sign-in') {
      response.writeHead(204, { ...cors, 'Set-Cookie': 'session=mina; SameSite=Lax; Path=/' }).end()
      return
    }
    requests.push(request)
    response.writeHead(200, { ...cors, 'Content-Type': 'text/event-stream' })
    const user = /session=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? 'nobody'
    response.write(`id: 5\nevent: hello\ndata: ${user}\n\n`)
  })
  const [pagePort, streamPort] = [await listen(page), await listen(streams)]
  const context = await browser.newContext()
  const tab = await context.newPage()
  await tab.goto(`http://localhost:${pagePort}/`)
  const url = `http://localhost:${streamPort}`
  await tab.evaluate((to) => fetch(`${to}/sign-in`, { method: 'POST', credentials: 'include' }), url)
  await tab.waitForFunction(() => 'createSseClient' in window)
  return { tab, url, requests }
}

describe.each(['eventsource', 'native'] as const)('to another origin, over %s', (kind) => {
  test.each([
    [true, 'mina'],
    [false, 'nobody'],
  ])('withCredentials: %s makes it known as %s', async (withCredentials, user) => {
    const { tab, url, requests } = await openPage()
    await tab.evaluate(
      ([to, isNative, withCredentials]) => {
        window.heard = []
        window.client = window.createSseClient(`${to}/events`, {
          EventSource: isNative ? window.EventSource : undefined,
          withCredentials,
        })
        window.client.on('hello', (data) => window.heard.push(data))
        window.client.connect()
      },
      [url, kind === 'native', withCredentials] as const,
    )
    await until(async () => (await tab.evaluate(() => window.heard)).length === 1)
    expect(await tab.evaluate(() => window.heard)).toEqual([user])
    // It comes back with its cursor, and without asking first whether it may: no preflight.
    await tab.evaluate(() => window.client.reconnect())
    await until(() => requests.length === 2)
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /events',
      'GET /events?lastEventId=5',
    ])
  })
})

test('a native EventSource that is refused is tried again, and comes back', async () => {
  const { tab, url } = await openPage()
  let isDown = true
  const shared = createServer((_, response) => {
    if (isDown) response.writeHead(503, { 'Access-Control-Allow-Origin': '*' }).end()
    else {
      response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/event-stream' })
      response.write(':\n\n')
    }
  })
  const port = await listen(shared)
  expect(url).not.toContain(String(port))
  await tab.evaluate((to) => {
    window.client = window.createSseClient(to, { EventSource: window.EventSource, backoff: { base: 50 } })
    window.client.connect()
  }, `http://localhost:${port}/events`)
  await until(async () => {
    const state = await tab.evaluate(() => window.client.state)
    return 'error' in state && state.error?.code === 'refused'
  })
  isDown = false
  await until(async () => (await tab.evaluate(() => window.client.state.status)) === 'open')
})
