/** Behind the nginx of `deploy/`: only ports and addresses are others. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, rawRequest, startProcess } from '@sse/testbed'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from './start-server.ts'

const token = 'a token of some length'
let app: TestServer
let nginx: Awaited<ReturnType<typeof startProcess>>
let folder: string
let origin: string

beforeAll(async () => {
  app = await startServer('development', {
    ALLOWED_HOSTS: 'herald.example',
    TRUST_PROXY: '1',
    METRICS_TOKEN: token,
  })
  const port = await freePort()
  origin = `http://127.0.0.1:${port}`
  folder = mkdtempSync(join(tmpdir(), 'herald-nginx-'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${kind};`,
  )
  const config = readFileSync(join(import.meta.dirname, '../deploy/nginx.conf'), 'utf8')
    .replaceAll('app:3000', `127.0.0.1:${new URL(app.origin).port}`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('http {', `pid nginx.pid;\nhttp {\naccess_log off;\n${temporary.join('\n')}`)
  writeFileSync(join(folder, 'nginx.conf'), config)
  nginx = await startProcess(
    process.env['NGINX_PATH'] ?? 'nginx',
    ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', 'daemon off; error_log stderr notice;'],
    { ready: /start worker process/, env: { PATH: `${process.env['PATH']}:/usr/sbin` } },
  )
})
afterAll(async () => {
  await nginx?.kill()
  await app?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

const ask = (path: string, headers: Readonly<Record<string, string>>) => rawRequest(origin, path, headers)

test.each(['herald.example', 'localhost', 'localhost:8080'])('the page is at %s', async (Host) => {
  expect(await ask('/', { Host })).toMatchObject({ status: 200 })
  expect(await ask('/api/session', { Host })).toMatchObject({ status: 200, text: '{"user":null}' })
})

test('it is at no other host, whatever else the request says', async () => {
  for (const path of ['/', '/api/session', '/events', '/metrics']) {
    expect((await ask(path, { Host: 'evil.example' })).status).toBe(421)
    expect((await ask(path, { Host: 'evil.example', 'X-Forwarded-Host': 'herald.example' })).status).toBe(421)
  }
})

test('the metrics are for those who have the token', async () => {
  const Host = 'herald.example'
  expect((await ask('/metrics', { Host })).status).toBe(403)
  expect((await ask('/metrics', { Host, 'X-Forwarded-For': '127.0.0.1' })).status).toBe(403)
  expect((await ask('/metrics', { Host, Authorization: `Bearer ${token}` })).text).toContain('sse_streams')
})

test('a page behind it signs in and writes', async () => {
  const headers = {
    Origin: `${origin.replace('127.0.0.1', 'localhost')}`,
    'Content-Type': 'application/json',
    'Sec-Fetch-Site': 'same-origin',
  }
  const signedIn = await fetch(`${headers.Origin}/api/session`, {
    method: 'POST',
    headers,
    body: '{"user":"mina"}',
  })
  expect(signedIn.status).toBe(200)
  const [cookie = ''] = signedIn.headers.getSetCookie()
  const sent = await fetch(`${headers.Origin}/api/notifications`, {
    method: 'POST',
    headers: { ...headers, Cookie: cookie.split(';')[0]! },
    body: '{"to":"all","title":"Hello","body":""}',
  })
  expect(sent.status).toBe(201)
})
