import { join } from 'node:path'
import { launchChromium } from '@sse/testbed'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSender, startServer, type TestServer } from './start-server.ts'

/** How long a page may take, in ms, on a slow machine; nothing is asserted about it. */
const patience = { timeout: 20_000 }

let browser: Browser
beforeAll(async () => {
  await build({ configFile: join(import.meta.dirname, '../vite.config.ts'), logLevel: 'warn' })
  browser = await launchChromium()
})
afterAll(() => browser?.close())

describe.each(['production', 'development'] as const)('in %s', (mode) => {
  let server: TestServer
  let complaints: string[]

  beforeEach(async () => {
    complaints = []
    server = await startServer(mode)
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
    await server?.stop()
  })

  /** A browser of its own for this person, signed in and live. */
  async function enter(name: string): Promise<Page> {
    const page = await (await browser.newContext()).newPage()
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      // That the server is gone is what this is about; Chromium says so of every request.
      const isOfTheNetwork = /net::ERR_|WebSocket|\[vite\]/.test(message.text())
      if (['error', 'warning'].includes(message.type()) && !isOfTheNetwork) complaints.push(message.text())
    })
    await page.goto(server.origin)
    await page.getByRole('button', { name }).click()
    await connection(page, 'Live')
    return page
  }

  const connection = (page: Page, word: string) =>
    page.getByTestId('connection').getByText(word, { exact: true }).waitFor()

  const toast = (page: Page, title: string) =>
    page.getByRole('region', { name: /Notifications/ }).getByText(title, { exact: true })

  const shown = (page: Page) =>
    page
      .locator('[data-notification]')
      .evaluateAll((items) => items.map((item) => Number(item.getAttribute('data-notification'))))

  const unread = (page: Page) => page.getByTestId('unread-count')

  test('a notification posted from outside is on the page: toast, list and bell', async () => {
    const [mina, joon] = [await enter('Mina Kim'), await enter('Joon Park')]
    const sora = await startSender(server.origin, 'sora')

    await sora.send('user:mina', 'For Mina alone', '여러 줄\n<b>as text</b>')
    await toast(mina, 'For Mina alone').waitFor()
    await mina.getByRole('heading', { name: 'For Mina alone' }).waitFor()
    await mina.locator('article').getByText('<b>as text</b>').waitFor()
    expect(await unread(mina).textContent()).toBe('1')
    expect(await mina.title()).toBe('(1) Herald')

    await sora.send('all', 'For everyone')
    await toast(joon, 'For everyone').waitFor()
    await expect.poll(() => unread(mina).textContent(), patience).toBe('2')
    expect(await joon.getByText('For Mina alone').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('what one writes on the page arrives in another browser', async () => {
    const [mina, joon] = [await enter('Mina Kim'), await enter('Joon Park')]
    await mina.getByRole('combobox', { name: 'To' }).click()
    await mina.getByRole('option', { name: 'Joon Park' }).click()
    await mina.getByRole('textbox', { name: 'Title' }).fill('Lunch?')
    await mina.getByRole('textbox', { name: 'Message' }).fill('<img src=x onerror=alert(1)>')
    await mina.getByRole('button', { name: 'Send' }).click()

    await joon.getByRole('heading', { name: 'Lunch?' }).waitFor()
    await joon.locator('article').getByText('<img src=x onerror=alert(1)>').waitFor()
    await toast(mina, 'Sent to Joon Park').waitFor()
    const title = mina.getByRole('textbox', { name: 'Title' })
    expect(await title.inputValue()).toBe('')
    expect(await title.getAttribute('aria-invalid')).toBeNull()
    expect(await mina.getByRole('combobox', { name: 'To' }).textContent()).toContain('Joon Park')
    expect(complaints).toEqual([])
  })

  test('what is read in one tab is read in the other', async () => {
    const mina = await enter('Mina Kim')
    const other = await mina.context().newPage()
    await other.goto(server.origin)
    await connection(other, 'Live')
    const sora = await startSender(server.origin, 'sora')
    await sora.send('all', 'One')
    await sora.send('topic:builds', 'Two')
    await expect.poll(() => unread(other).textContent(), patience).toBe('2')

    await mina.locator('article', { hasText: 'One' }).waitFor()
    await mina.locator('[data-notification="1"]').getByRole('button', { name: 'Mark as read: One' }).click()
    await expect.poll(() => unread(other).textContent(), patience).toBe('1')
    await other.getByRole('button', { name: 'Mark all as read' }).click()
    await unread(mina).waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
  })

  test('signing out in one tab signs out the other', async () => {
    const mina = await enter('Mina Kim')
    const other = await mina.context().newPage()
    await other.goto(server.origin)
    await connection(other, 'Live')
    await mina.getByRole('button', { name: 'Signed in as Mina Kim' }).click()
    await mina.getByRole('menuitem', { name: 'Sign out' }).click()
    for (const page of [mina, other]) await page.getByRole('heading', { name: 'Who are you?' }).waitFor()
  })

  test('killed and started again, the server finds its pages again and they miss nothing', async () => {
    const [mina, joon] = [await enter('Mina Kim'), await enter('Joon Park')]
    let loads = 0
    mina.on('load', () => loads++)
    let lists = 0
    mina.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/notifications') lists++
    })
    const before = await startSender(server.origin, 'mina')
    await before.send('all', 'Before')
    await mina.getByRole('heading', { name: 'Before' }).waitFor()

    await server.process.kill('SIGKILL')
    await connection(mina, 'Offline')
    await connection(joon, 'Offline')

    await server.restart()
    const after = await startSender(server.origin, 'mina')
    await after.send('user:mina', 'While Mina was away')
    await after.send('topic:builds', 'Also for Joon')

    await connection(mina, 'Live')
    await connection(joon, 'Live')
    const truth = await after.list()
    expect(truth.map(({ title }) => title)).toEqual(['Also for Joon', 'While Mina was away', 'Before'])
    await expect.poll(() => shown(mina), patience).toEqual(truth.map(({ id }) => id))
    await expect.poll(() => shown(joon), patience).toEqual([3, 1])

    await after.send('all', 'And live again')
    await toast(mina, 'And live again').waitFor()
    // What it missed came by the stream, which has read on over the restart.
    expect({ loads, lists }).toEqual({ loads: 0, lists: 0 })
    expect(complaints).toEqual([])
  })
})
