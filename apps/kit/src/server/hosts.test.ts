import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { rawRequest, webSocketHeaders } from '@sse/testbed'
import { expect, onTestFinished, test } from 'vitest'
import { allowHosts, createServerFor } from './hosts.ts'

const isAllowed = allowHosts([
  'herald.example',
  'ops.herald.example.',
  '192.168.1.5',
  'fd00::5',
  'bücher.example',
])

test.each([
  'localhost',
  'localhost:3000',
  'LocalHost:3000',
  'localhost.:3000',
  'localhost:',
  '127.0.0.1:3000',
  '127.8.9.1',
  '[::1]',
  '[::1]:3000',
  '[0:0:0:0:0:0:0:1]:3000',
  '[::ffff:127.0.0.1]:3000',
  'herald.example',
  'HERALD.example.:443',
  'ops.herald.example',
  '192.168.1.5:80',
  '[fd00::5]:80',
  'xn--bcher-kva.example',
])('%s is one of ours', (host) => {
  expect(isAllowed({ headers: { host } })).toBe(true)
})

test.each([
  undefined,
  '',
  ':3000',
  'evil.example',
  'evil.example:3000',
  'localhost.evil.example',
  'evil.example.localhost',
  'herald.example.evil.example',
  'notherald.example',
  'sub.herald.example',
  'localhost..',
  '127.0.0.1.evil.example',
  '192.168.1.6',
  '0.0.0.0:3000',
  '[::]:3000',
  '[fd00::6]',
  '[::1',
  '::1',
  'localhost@evil.example',
  'localhost:3000@evil.example',
  'localhost/evil.example',
  'localhost\\.evil.example',
  'localhost#evil.example',
  'localhost, evil.example',
  'localhost evil.example',
  'localhost\tevil.example',
  '%6cocalhost',
  'ｌocalhost',
  'localhost:99999',
  'http://localhost',
])('%j is not', (host) => {
  expect(isAllowed({ headers: { host } })).toBe(false)
})

test.each(['https://herald.example', 'herald.example:443', '*.herald.example', 'a b', ''])(
  'the name %j is refused in words',
  (name) => {
    expect(() => allowHosts([name])).toThrow(/is not a host name or an address/)
  },
)

async function start(upgrades: boolean) {
  const handled: string[] = []
  const server = createServerFor(
    isAllowed,
    (req, res) => {
      handled.push(`${req.headers.host} ${req.url}`)
      res.end('ours')
    },
    { open: ['/healthz'] },
  )
  if (upgrades) {
    server.on('upgrade', (_req, socket) => {
      handled.push('upgrade')
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    })
  }
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { handled, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('a request for another host is answered 421 with a problem, and handled by nobody', async () => {
  const { origin, handled } = await start(true)
  for (const path of ['/', '/healthz?', '/healthz/', '//healthz']) {
    const refused = await rawRequest(origin, path, { Host: 'evil.example' })
    expect([path, refused.status]).toEqual([path, 421])
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(JSON.parse(refused.text).detail).toContain('"evil.example". Name it in ALLOWED_HOSTS')
  }
  expect(handled).toEqual([])
  expect((await rawRequest(origin, '/healthz', { Host: '10.0.0.7' })).text).toBe('ours')
  expect((await rawRequest(origin, '/', { Host: 'herald.example' })).text).toBe('ours')
})

test('a header that says another host for a proxy does not help', async () => {
  const { origin } = await start(true)
  const headers = { Host: 'evil.example', 'X-Forwarded-Host': 'localhost', Forwarded: 'host=localhost' }
  expect((await rawRequest(origin, '/', headers)).status).toBe(421)
})

test('a whole URL in place of the path is refused, because it names a host of its own', async () => {
  const { origin, handled } = await start(true)
  expect((await rawRequest(origin, 'http://evil.example/', { Host: 'localhost' })).status).toBe(421)
  expect(handled).toEqual([])
})

test('a WebSocket for another host is not opened', async () => {
  const { origin, handled } = await start(true)
  const open = (Host: string) => rawRequest(origin, '/', { ...webSocketHeaders, Host })
  expect((await open('evil.example')).status).toBe(421)
  expect(handled).toEqual([])
  expect((await open('localhost')).status).toBe(101)
})

test('where nothing upgrades, a wish to upgrade is a request as any other', async () => {
  const { origin } = await start(false)
  expect(await rawRequest(origin, '/', { ...webSocketHeaders, Host: 'localhost' })).toMatchObject({
    status: 200,
    text: 'ours',
  })
})
