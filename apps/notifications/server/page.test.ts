import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { rawRequest, until, viteAddresses } from '@sse/testbed'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from '../test/start-server.ts'

const app = join(import.meta.dirname, '..')
mkdirSync(join(app, 'data'), { recursive: true })
const folder = mkdtempSync(join(app, 'data/test-'))
const database = join(folder, 'test.sqlite')
const links = ['txt', 'ts', 'css', 'svg'].map((end) => join(app, 'web', `link-${process.pid}.${end}`))

let server: TestServer
beforeAll(async () => {
  for (const link of links) symlinkSync(database, link)
  server = await startServer('development', { DATABASE_FILE: database })
})
afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
  for (const link of links) rmSync(link, { force: true })
})

describe('in development', () => {
  test.each([
    ['the database', database],
    ['its log of writes', `${database}-wal`],
    ['its shared memory', `${database}-shm`],
    ['the server', join(app, 'server/session.ts')],
    ['a setting of the repository', join(app, '../../pnpm-workspace.yaml')],
    ['a file of the machine', '/etc/passwd'],
  ])('nobody is given %s, however it is asked for', async (_, file) => {
    const given: string[] = []
    for (const address of viteAddresses(file)) {
      for (const Accept of ['*/*', 'text/html', 'text/css']) {
        const { status, text } = await rawRequest(server.origin, address, { Accept })
        // A wrapper holds the address and nothing of the file.
        const isWrapper = text.startsWith('export default function WorkerWrapper')
        if (![400, 403, 404].includes(status) && !isWrapper) given.push(`${status} ${address} (${Accept})`)
      }
    }
    expect(given).toEqual([])
  })

  test.each(links)('a link in the folder of the page does not lead out of it: %s', async (link) => {
    // As text, in a script, or as base64 in an address.
    const contents = /SQLite format 3|U1FMaXRlIGZvcm1hd/
    const given: string[] = []
    for (const address of [...viteAddresses(link), `/${basename(link)}`, `/${basename(link)}?raw`]) {
      const { text } = await rawRequest(server.origin, address, { Accept: '*/*' })
      if (contents.test(text)) given.push(address)
    }
    expect(given).toEqual([])
  })

  test('the page is given all that it is made of', async () => {
    const seen = new Set<string>()
    const ask = async (path: string): Promise<void> => {
      if (seen.has(path)) return
      seen.add(path)
      const { status, text, headers } = await rawRequest(server.origin, path)
      expect([path, status]).toEqual([path, 200])
      expect(headers['access-control-allow-origin']).toBeUndefined()
      for (const [, next] of text.matchAll(/from "(\/[^"]+)"/g)) await ask(next!)
    }
    // While Vite still prepares a package it answers 504, and a page asks again.
    await until(
      async () => {
        seen.clear()
        await ask('/main.ts')
        return true
      },
      { timeout: 25_000, interval: 200 },
    )
    expect([...seen].some((path) => path.includes('/packages/client/src/'))).toBe(true)
    expect([...seen].some((path) => path.includes('/.vite/deps/vue.js'))).toBe(true)
  })
})
