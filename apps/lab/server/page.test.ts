import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rawRequest, viteAddresses } from '@sse/testbed'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServer, type TestServer } from '../test/start-server.ts'

const app = join(import.meta.dirname, '..')
/** As the demo beside it has one. */
const folder = mkdtempSync(join(app, '../notifications/.test-'))
const database = join(folder, 'test.sqlite')
writeFileSync(database, 'A database')

let server: TestServer
beforeAll(async () => {
  server = await startServer('development')
})
afterAll(async () => {
  await server?.process.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

test.each([database, join(app, 'server/main.ts'), '/etc/passwd'])(
  'in development nobody is given %s, however it is asked for',
  async (file) => {
    const given: string[] = []
    for (const address of viteAddresses(file)) {
      const { status, text } = await rawRequest(server.origin, address, { Accept: '*/*' })
      // A wrapper holds the address and nothing of the file.
      const isWrapper = text.startsWith('export default function WorkerWrapper')
      if (![400, 403, 404].includes(status) && !isWrapper) given.push(`${status} ${address}`)
    }
    expect(given).toEqual([])
  },
)

test('in development the page is given what it is made of', async () => {
  for (const path of ['/', '/main.ts', '/style.css?direct']) {
    const { status } = await rawRequest(server.origin, path)
    expect([path, status]).toEqual([path, 200])
  }
})
