/**
 * The Nuxt example with the packages as they are packed: installed by npm outside of the repository, built, and visited in Chromium.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { launchChromium } from '../../apps/testbed/src/chromium.ts'
import { freePort } from '../../apps/testbed/src/port.ts'
import { type RunningProcess, startProcess } from '../../apps/testbed/src/process.ts'
import { until } from '../../apps/testbed/src/until.ts'
import { type Registry, serveRegistry } from '../newcomer/registry.ts'
import { packPackages } from '../pack.ts'
import { root } from '../paths.ts'

type Browser = Awaited<ReturnType<typeof launchChromium>>

const execute = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'sse-nuxt-'))
let registry: Registry
let server: RunningProcess
let browser: Browser
let origin: string

beforeAll(async () => {
  registry = await serveRegistry(
    packPackages(folder, ['@sse/core', '@sse/fetch', '@sse/client', '@sse/vue', '@sse/pinia']),
  )
  const project = join(folder, 'project')
  cpSync(join(root, 'apps/examples/nuxt'), project, { recursive: true })
  writeFileSync(join(project, '.npmrc'), `@sse:registry=${registry.origin}\n`)
  const { NODE_OPTIONS: _, VITEST: __, NODE_ENV: ___, ...rest } = process.env
  const env = { ...rest, NUXT_TELEMETRY_DISABLED: '1', CI: 'true' }
  const options = { cwd: project, env, timeout: 600_000, maxBuffer: 64 * 1024 * 1024 }
  await execute('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], options)
  await execute('npm', ['run', 'build'], options)
  const port = await freePort()
  origin = `http://127.0.0.1:${port}`
  server = await startProcess(process.execPath, ['.output/server/index.mjs'], {
    cwd: project,
    env: { PORT: String(port), HOST: '127.0.0.1', NODE_ENV: 'production', VITEST: undefined },
    ready: /Listening/,
  })
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await server?.kill('SIGKILL')
  registry?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function publish(title: string): Promise<void> {
  const body = JSON.stringify({ title })
  const headers = { 'Content-Type': 'application/json' }
  expect((await fetch(`${origin}/api/notifications`, { method: 'POST', headers, body })).status).toBe(201)
}

const streams = async () =>
  (JSON.parse(await (await fetch(`${origin}/api/streams`)).text()) as { streams: number }).streams

async function newPage() {
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  const said: string[] = []
  page.on('pageerror', (error) => said.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) said.push(message.text())
  })
  return { page, said, titles: () => page.locator('li').allTextContents() }
}

test('the server renders the list', async () => {
  await publish('Rendered')
  expect(await (await fetch(origin)).text()).toContain('<li>Rendered</li>')
})

test('an event between rendering and hydration is on the page once', async () => {
  const { page, said, titles } = await newPage()
  const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  await page.route('**/_nuxt/*.js', async (route) => {
    held.resolve()
    await released.promise
    await route.continue()
  })
  await page.goto(origin, { waitUntil: 'commit' })
  await page.getByText('Rendered').waitFor()
  await held.promise
  await publish('Between')
  expect(await titles()).not.toContain('Between')
  released.resolve()
  await page.getByText('Between').waitFor()
  await publish('Afterwards')
  await page.getByText('Afterwards').waitFor()
  const shown = await titles()
  expect(shown.slice(shown.indexOf('Rendered'))).toEqual(['Rendered', 'Between', 'Afterwards'])
  expect(said).toEqual([])
})

test('two tabs show what one of them sends, and their streams end with them', async () => {
  const [one, two] = [await newPage(), await newPage()]
  await one.page.goto(origin)
  await two.page.goto(origin)
  for (const { page } of [one, two]) await page.getByText('open', { exact: true }).waitFor()
  await one.page.getByLabel('Title').fill('From a tab')
  await one.page.getByRole('button', { name: 'Send' }).click()
  for (const { page, titles, said } of [one, two]) {
    await page.getByText('From a tab').waitFor()
    expect((await titles()).filter((title) => title === 'From a tab')).toHaveLength(1)
    expect(said).toEqual([])
  }
  await one.page.close()
  await two.page.close()
  await until(async () => (await streams()) === 0)
})
