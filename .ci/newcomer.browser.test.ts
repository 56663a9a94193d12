/**
 * A newcomer who copies and pastes *getting started* ends with a working page: the commands and files of the docs, as
 * they stand there, in an empty folder, with the packages as they are packed. Only the ports are others.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../apps/testbed/src/chromium.ts'
import { freePort } from '../apps/testbed/src/port.ts'
import { createReader, type Reader } from './newcomer/reader.ts'
import { type Registry, serveRegistry } from './newcomer/registry.ts'
import { packPackages } from './pack.ts'

type Browser = Awaited<ReturnType<typeof launchChromium>>

const npm = (...args: string[]) => spawnSync('npm', args, { encoding: 'utf8', timeout: 30_000 })
/** What is not ours comes from npm. Without it there is nothing to see here; in CI that is a failure. */
const isOnline = npm('view', 'express', 'version', '--fetch-retries=0').status === 0

/** What the pages install, and what that depends on. */
const wanted = ['@sse/core', '@sse/express', '@sse/client', '@sse/vue', '@sse/vuex', '@sse/pinia']

const folder = mkdtempSync(join(tmpdir(), 'sse-newcomer-'))
const readers: Reader[] = []
let browser: Browser
let registry: Registry
let npmrc: string

describe.runIf(isOnline || process.env['CI'] === 'true')('a newcomer who copies and pastes', () => {
  beforeAll(async () => {
    registry = await serveRegistry(packPackages(folder, wanted))
    npmrc = join(folder, 'npmrc')
    const global = npm('config', 'get', 'globalconfig').stdout.trim()
    const kept = existsSync(global) ? readFileSync(global, 'utf8') : ''
    writeFileSync(npmrc, `${kept}\n@sse:registry=${registry.origin}\naudit=false\nfund=false\n`)
    browser = await launchChromium()
  }, 300_000)

  afterAll(async () => {
    await browser?.close()
    await Promise.all(readers.map((reader) => reader.stop()))
    registry?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  // In each `pnpm test` the READMEs of all four run in `example.browser.test.ts`, and the code of all guides is type-checked.
  test.each(process.env['SSE_FAULTS'] === 'long' ? ['vue', 'vuex', 'pinia', 'vue-2'] : ['vue'])(
    'has a working page after the server, another after %s, and a built one',
    async (page) => {
      const ports = { 3000: await freePort(), 5173: await freePort() }
      const empty = mkdtempSync(join(folder, `${page}-`))
      // Both spellings: npm and pnpm hand theirs on in small letters, and of two npm takes either.
      const config = { NPM_CONFIG_GLOBALCONFIG: npmrc, npm_config_globalconfig: npmrc }
      const reader = createReader(empty, ports, { ...config, NO_COLOR: '1' })
      readers.push(reader)

      await reader.read('apps/docs/start/server.md')
      // `npm run build`, the last command of the page, takes its time: the pages are looked at one after the other.
      await expectNews(`http://localhost:${ports[3000]}`, 'From curl')
      await reader.read(`apps/docs/start/${page}.md`)
      await expectNews(`http://localhost:${ports[5173]}`, 'From curl')
      await expectNews(`http://localhost:${ports[3000]}`, 'From curl')
      await expectReturn(`http://localhost:${ports[5173]}`, reader)
      await reader.stop()
    },
    300_000,
  )
})

let messages = 0

/** Two people look at a page; what one sends, the other sees. Both saw what was there before. */
async function expectNews(address: string, before: string): Promise<void> {
  const said: string[] = []
  const contexts = await Promise.all([browser.newContext(), browser.newContext()])
  const [here, there] = await Promise.all(contexts.map((context) => context.newPage()))
  if (!here || !there) throw new Error('no pages')
  for (const page of [here, there]) {
    page.on('pageerror', (error) => said.push(String(error)))
    await page.goto(address)
    await page.getByText(before).waitFor()
  }
  // What others type is text: markup would not be found as such.
  const title = `Message <b>${++messages}</b> at ${address}`
  await here.getByPlaceholder('Say something').fill(title)
  await here.getByRole('button', { name: 'Send' }).click()
  for (const page of [here, there]) {
    await page.getByText(title).waitFor()
    expect(await page.getByText(title).count()).toBe(1)
  }
  expect(said).toEqual([])
  await Promise.all(contexts.map((context) => context.close()))
}

/** A page whose server goes says so. When the server is back, what is sent arrives again. */
async function expectReturn(address: string, reader: Reader): Promise<void> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(address)
  const send = async (title: string) => {
    await page.getByPlaceholder('Say something').fill(title)
    await page.getByRole('button', { name: 'Send' }).click()
  }
  await send('Before the restart')
  await page.getByText('Before the restart').waitFor()
  await reader.without('http://localhost:3000', async () => {
    await page.getByText('Offline').waitFor()
  })
  await page.getByText('Offline').waitFor({ state: 'detached', timeout: 60_000 })
  await send('After the restart')
  await page.getByText('After the restart').waitFor()
  await context.close()
}
