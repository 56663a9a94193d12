import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { startProcess } from '@sse/testbed'
import { afterEach, expect, test } from 'vitest'
import { startServer, type TestServer } from '../test/start-server.ts'

let server: TestServer | undefined
afterEach(async () => {
  await server?.process.kill('SIGKILL')
  server = undefined
})

test('the address it prints answers at once, with the page and the API, and all its other ports are printed', async () => {
  server = await startServer('development')
  const lab = (await (await fetch(`${server.origin}/api/lab`)).json()) as { ports: Record<string, number> }
  expect(server.process.output).toContain(`ports ${Object.values(lab.ports).join(', ')}`)
  const page = await fetch(server.origin, { headers: { Accept: 'text/html' } })
  expect(await page.text()).toContain('<title>Transport lab</title>')
  expect(await (await fetch(`${server.origin}/api/lab`)).json()).toMatchObject({ state: { running: true } })
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends it cleanly, with streams open and a crowd',
  async (signal) => {
    server = await startServer('development')
    const lab = (await (await fetch(`${server.origin}/api/lab`)).json()) as { ports: { sse: number } }
    const control = await fetch(`${server.origin}/api/stream`)
    const stream = await fetch(`http://localhost:${lab.ports.sse}/events`)
    const settings = await fetch(`${server.origin}/api/settings`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ clients: 2 }),
    })
    expect([control.status, stream.status, settings.status]).toEqual([200, 200, 200])

    expect(await server.process.kill(signal)).toEqual({ code: 0, signal: null })
    expect(await control.text()).toContain('event: sse.close')
    expect(await stream.text()).toContain('event: sse.close')
  },
)

test('an occupied port is said in words, with the way out', async () => {
  const other = createServer().listen(0)
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const second = await startProcess(process.execPath, ['--conditions=@sse/source', 'server/main.ts'], {
    cwd: join(import.meta.dirname, '..'),
    env: { PORT: String(port) },
    ready: /could not start.*/,
  })
  // It needs six in a row; others of them may be in use on this machine as well.
  const said = Number(second.ready[0].match(/Port (\d+) is in use/)?.[1])
  expect([0, 1, 2, 3, 4, 5]).toContain(said - port)
  expect(second.ready[0]).toContain('PORT=')
  expect(await second.exited).toEqual({ code: 1, signal: null })
  other.close()
})
