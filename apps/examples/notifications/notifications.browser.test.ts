import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, until, withChromium } from '@sse/testbed'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { runExample } from '../test/example.ts'

const browser = withChromium()

/** Starts the program, as often as it is called, on one port and one database. */
async function prepare() {
  const folder = mkdtempSync(join(tmpdir(), 'example-'))
  const env = { PORT: String(await freePort()), DATABASE_FILE: join(folder, 'test.sqlite') }
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return () => runExample('notifications', env)
}

async function open(origin: string): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(origin)
  await page.locator('#status', { hasText: 'open' }).waitFor()
  return page
}

const holds = (page: Page, titles: readonly string[]) =>
  until(async () => (await page.locator('li').allTextContents()).join() === titles.join(), {
    timeout: 20_000,
  })

const send = (origin: string, title: string) =>
  fetch(`${origin}/notifications`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ title }),
  })

test('what one page writes is on every page at once, and on those that are opened later', async () => {
  const { origin } = await (await prepare())()
  const [first, second] = [await open(origin), await open(origin)]
  await first.getByRole('textbox', { name: 'Title' }).fill('Lunch?')
  await first.getByRole('button', { name: 'Send' }).click()
  for (const page of [first, second, await open(origin)]) await holds(page, ['Lunch?'])
  expect((await send(origin, ' ')).status).toBe(400)
  await send(origin, 'Coffee?')
  for (const page of [first, second]) await holds(page, ['Coffee?', 'Lunch?'])
})

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'after %s and a new start every page holds everything once, without loading the list again',
  async (signal) => {
    const start = await prepare()
    const { origin, process } = await start()
    const page = await open(origin)
    await send(origin, 'Before')
    await holds(page, ['Before'])
    let loads = 0
    page.on('request', (request) => {
      if (request.method() === 'GET' && request.url().endsWith('/notifications')) loads++
    })
    const ended = await process.kill(signal)
    if (signal === 'SIGTERM') expect(ended).toEqual({ code: 0, signal: null })
    await start()
    await send(origin, 'While the page was away')
    await holds(page, ['While the page was away', 'Before'])
    await send(origin, 'Live again')
    await holds(page, ['Live again', 'While the page was away', 'Before'])
    expect(loads).toBe(0)
  },
)
