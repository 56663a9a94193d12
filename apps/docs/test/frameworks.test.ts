/** Every block that is a whole server of `@sse/fetch`, run as a reader would who has saved it to a file. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openStream } from '@sse/core/testing'
import { freePort, startProcess, until } from '@sse/testbed'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { type Block, blocksOf } from './markdown.ts'
import { docs, isTranslated, readmes } from './pages.ts'

/** The hub that the modules of Next.js keep. */
const kept = globalThis as { events?: unknown }
afterEach(() => {
  delete kept.events
})

const folder = join(import.meta.dirname, '../.blocks')
// A Korean page has the code of its English one.
const blocks = [...docs.filter((page) => !isTranslated(page)), ...readmes].flatMap(({ path, text }) =>
  blocksOf(path, text),
)

/** Writes a block to a file. */
function save({ page, line, code }: Block, change = (text: string) => text): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `framework_${page.replace(/\W+/g, '_')}_${line}.ts`)
  writeFileSync(file, change(code))
  return file
}

const servers = blocks.filter(({ code }) => /= new (Hono|H3)\(\)/.test(code) && !code.startsWith('// before'))

test('there are servers on Hono and on h3', () => {
  expect(servers.map(({ page }) => page)).toEqual([
    'apps/docs/migration/better-sse.md',
    'apps/docs/migration/h3.md',
    'apps/docs/migration/hono.md',
    'apps/docs/start/fetch.md',
    'packages/fetch/README.md',
    'packages/fetch/README.md',
  ])
})

test.each(servers.map((block) => [`${block.page}:${block.line}`, block] as const))('%s', async (_, block) => {
  const port = await freePort()
  const file = save(block, (code) => `${code.replace('port: 3000', `port: ${port}`)}\nconsole.log('ready')\n`)
  const server = await startProcess(process.execPath, ['--conditions=@sse/source', file], { ready: /ready/ })
  onTestFinished(async () => void (await server.kill('SIGKILL')))
  const origin = `http://localhost:${port}`
  await until(() => fetch(origin))
  await using stream = await openStream(origin, '/events')
  await stream.next('sse.open')
  const published = await fetch(`${origin}/news`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"title":"Hi"}',
  })
  const { id } = JSON.parse(await published.text())
  const event = await until(() => stream.read())
  expect(event).toMatchObject({ type: 'event', id, data: expect.stringContaining('Hi') })
})

test('the route handlers of Next.js, in one module', async () => {
  const [block] = blocks.filter(
    ({ page, code }) => page === 'packages/fetch/README.md' && code.includes('export function GET'),
  )
  const { GET, POST } = await import(save(block!))
  const response: Response = await GET(new Request('http://localhost/events'))
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  await response.body?.cancel()
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"stream":"x"}' }
  expect((await POST(new Request('http://localhost/events', init))).status).toBe(404)
})

test('the route handlers of Next.js, which share a hub', async () => {
  const project = join(folder, 'nextjs')
  for (const { page, file = '', code } of blocks) {
    if (page !== 'apps/docs/recipes/nextjs.md' || !file.endsWith('.ts')) continue
    mkdirSync(dirname(join(project, file)), { recursive: true })
    writeFileSync(join(project, file), code)
  }
  const { GET } = await import(join(project, 'app/events/route.ts'))
  const { POST } = await import(join(project, 'app/news/route.ts'))
  const response: Response = await GET(new Request('http://localhost/events'))
  const published: Response = await POST(
    new Request('http://localhost/news', { method: 'POST', body: '{"title":"Hi"}' }),
  )
  expect(published.status).toBe(201)
  let text = ''
  for await (const bytes of response.body ?? []) {
    text += Buffer.from(bytes).toString()
    if (text.includes('"title":"Hi"')) break
  }
})
