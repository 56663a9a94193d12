import { connect } from 'node:net'
import { dirname } from 'node:path'
import { rawRequest, startProcess, webSocketHeaders } from '@sse/testbed'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openToOthers, signIn, startServer, type TestServer } from '../test/start-server.ts'

describe('one that runs', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer('development', { ALLOWED_HOSTS: 'herald.example', TRUST_PROXY: '1' })
  })
  afterAll(() => server?.stop())

  test('the address it prints answers at once, with the page and the API on one port', async () => {
    expect(server.process.ready[1]).toBe(server.origin)
    const [page, health] = await Promise.all([
      fetch(server.origin, { headers: { Accept: 'text/html' } }),
      fetch(`${server.origin}/healthz`),
    ])
    expect(await page.text()).toContain('<title>Herald</title>')
    expect(await health.json()).toEqual({ status: 'ok' })
  })

  test('nobody else of the machine may read what it keeps', async () => {
    await signIn(server.origin, 'mina')
    expect(openToOthers(dirname(server.databaseFile))).toEqual([])
  })

  test('the page is at its addresses, with the nonce that its policy names; what is neither one nor a file is not found', async () => {
    for (const path of ['/', '/admin', '/admin/', '/topics/builds', '/notifications/5']) {
      const page = await fetch(`${server.origin}${path}`)
      const html = await page.text()
      expect(page.headers.get('content-type')).toMatch(/^text\/html/)
      const [, nonce] = /'nonce-([^']+)'/.exec(page.headers.get('content-security-policy') ?? '') ?? []
      expect(html).toContain(`<meta property="csp-nonce" nonce="${nonce}">`)
      expect(html).not.toContain('__CSP_NONCE__')
      const [, script = ''] = /src="([^"]*main\.ts[^"]*)"/.exec(html) ?? []
      expect((await fetch(new URL(script, page.url))).headers.get('content-type')).toMatch(/javascript/)
    }
    for (const [Accept, type] of [
      ['text/html', /^text\/html/],
      ['*/*', /^application\/problem\+json/],
    ] as const) {
      const missing = await fetch(`${server.origin}/nothing/here`, { headers: { Accept } })
      expect(missing.status).toBe(404)
      expect(missing.headers.get('content-type')).toMatch(type)
    }
  })

  test('it answers to this machine and to the hosts that it is told, and to no others, WebSocket included', async () => {
    const { origin } = server
    const ask = async (Host: string, path = '/', headers: Record<string, string> = {}) =>
      (await rawRequest(origin, path, { Host, ...headers })).status
    const hotReload = { ...webSocketHeaders, 'Sec-WebSocket-Protocol': 'vite-hmr' }
    const ping = { ...webSocketHeaders, 'Sec-WebSocket-Protocol': 'vite-ping' }

    for (const host of ['localhost', '127.0.0.1:3000', '[::1]:3000', 'herald.example']) {
      expect([host, await ask(host), await ask(host, '/', hotReload)]).toEqual([host, 200, 101])
    }
    for (const host of ['evil.example', 'localhost.evil.example:3000', '203.0.113.7']) {
      for (const path of [
        '/',
        '/admin',
        '/main.ts',
        '/@vite/client',
        '/api/session',
        '/events',
        '/metrics',
      ]) {
        expect([host, path, await ask(host, path)]).toEqual([host, path, 421])
        expect(await ask(host, path, { 'X-Forwarded-Host': 'localhost' })).toBe(421)
      }
      for (const headers of [hotReload, ping]) expect(await ask(host, '/', headers)).toBe(421)
      // Health checks ask by address.
      expect(await ask(host, '/healthz')).toBe(200)
    }
    // What comes from a page of another origin needs the token that hot reload gives to its own.
    expect(await ask('localhost', '/', { ...hotReload, Origin: 'http://evil.example' })).toBe(400)
  })

  test('an occupied port is said in words, with the way out', async () => {
    const port = Number(new URL(server.origin).port)
    const second = await startProcess(process.execPath, ['--conditions=@sse/source', 'server/main.ts'], {
      cwd: new URL('..', import.meta.url).pathname,
      env: { PORT: String(port), DATABASE_FILE: ':memory:' },
      ready: /could not start.*/,
    })
    expect(second.ready[0]).toContain(`Port ${port} is in use`)
    expect(second.ready[0]).toContain(`PORT=${port + 1}`)
    expect(await second.exited).toEqual({ code: 1, signal: null })
  })

  test.each([
    ['--help', 0],
    ['--node', 1],
  ])('%s is answered with the options', async (option, code) => {
    const { exited, output } = await startProcess(
      process.execPath,
      ['--conditions=@sse/source', 'server/main.ts', option],
      { cwd: new URL('..', import.meta.url).pathname, env: {}, ready: /--nodes N[\s\S]*--postgres/ },
    )
    expect(await exited).toEqual({ code, signal: null })
    expect(output.includes("Unknown option '--node'")).toBe(code === 1)
  })

  test('a database that a running server has is said in words, with the way out', async () => {
    const second = await startProcess(process.execPath, ['--conditions=@sse/source', 'server/main.ts'], {
      cwd: new URL('..', import.meta.url).pathname,
      env: { PORT: '0', DATABASE_FILE: server.databaseFile },
      ready: /could not start.*/,
    })
    expect(second.output).toMatch(/^Notifications could not start\./)
    expect(second.ready[0]).toContain(server.databaseFile)
    expect(second.ready[0]).toContain('DATABASE_FILE=')
    expect(await second.exited).toEqual({ code: 1, signal: null })
  })

  test('in production, which waits for the database, that is said before anything else', async () => {
    const second = await startProcess(process.execPath, ['--conditions=@sse/source', 'server/main.ts'], {
      cwd: new URL('..', import.meta.url).pathname,
      env: { NODE_ENV: 'production', PORT: '0', DATABASE_FILE: server.databaseFile },
      ready: /\n/,
    })
    expect(second.output).toMatch(/^Notifications waits for its database\. /)
    expect(second.output).toContain(`${server.databaseFile} belongs to another process`)
    expect(second.output).toContain('DATABASE_FILE=')
    await second.kill('SIGKILL')
  })
})

describe('one that is told to end', () => {
  let server: TestServer | undefined
  afterEach(() => server?.stop())

  test.each([
    ['SIGTERM', 'production'],
    ['SIGINT', 'development'],
  ] as const)('%s ends it cleanly in %s, with a stream and an idle connection open', async (signal, mode) => {
    server = await startServer(mode)
    const idle = connect(Number(new URL(server.origin).port), 'localhost')
    await new Promise((resolve) => idle.once('connect', resolve))
    const Cookie = await signIn(server.origin, 'mina')
    const stream = await fetch(`${server.origin}/events`, { headers: { Cookie } })
    expect(stream.status).toBe(200)

    expect(await server.process.kill(signal)).toEqual({ code: 0, signal: null })
    expect(await stream.text()).toContain('event: sse.close')
    idle.destroy()
  })
})
