/**
 * Every page and everything that opens: judged by axe, and kept as pictures. Each theme and each width is there. Their other pairs are looked at
 * in the long form, and so are messages in the dark and the operator's page on a phone.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSender, startServer, type TestServer } from '../start-server.ts'
import { item, live, lookElsewhere, toasted, withPeople } from './people.ts'

/** Kept for people to look at. */
const artifacts = join(import.meta.dirname, '../../../../artifacts/notifications')

const people = withPeople()
let server: TestServer

beforeAll(async () => {
  mkdirSync(artifacts, { recursive: true })
  server = await startServer('production')
  const [joon, sora] = [await startSender(server.origin, 'joon'), await startSender(server.origin, 'sora')]
  await sora.send('all', 'Version 3.2 is out', 'Resume after a lost connection, and topics you can mute.')
  await joon.send('user:mina', 'Can you look at my pull request?', 'Two pairs of eyes are better than one.')
  await joon.send('topic:builds', 'Build 511 failed', '3 of 482 tests, all of them in the browser project.')
  await joon.send('user:mina', '내일 회의는 오전 10시로 옮겼어요', '회의실은 그대로 3층입니다.')
  const mina = await startSender(server.origin, 'mina')
  const { id } = await mina.send('all', 'Coffee', 'See https://example.com/coffee.')
  await sora.read(id)
  await sora.send('topic:releases', 'Release notes for 3.2', 'A draft; corrections are welcome until Friday.')
})
afterAll(() => server?.stop())

/** What axe finds wrong, in a line each. */
async function violations(page: Page): Promise<string[]> {
  // Until what appears has appeared: half transparent, nothing has its contrast.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {}))),
  )
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const results = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
    }),
  )
  return results.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
  )
}

const pairs = [
  ['light', 390],
  ['dark', 1280],
] as const
const otherPairs = [
  ['light', 1280],
  ['dark', 390],
] as const
const isLong = process.env['SSE_FAULTS'] === 'long'

describe.each([...pairs, ...(isLong ? otherPairs : [])])('%s, %d pixels wide', (colorScheme, width) => {
  const isWide = width > 1000
  const options = {
    colorScheme,
    reducedMotion: 'reduce',
    viewport: { width, height: isWide ? 900 : 844 },
  } as const

  /** Judges and keeps what is to be seen now. */
  async function look(page: Page, name: string): Promise<void> {
    expect.soft(await violations(page), name).toEqual([])
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect.soft(excess, `${name} is wider than the screen`).toBeLessThanOrEqual(0)
    await page.screenshot({ path: join(artifacts, `${name}-${colorScheme}-${width}.png`) })
  }

  /** Opens something, looks at it, and closes it again. */
  async function lookInto(
    page: Page,
    name: string,
    open: () => Promise<unknown>,
    role: 'dialog' | 'menu' | 'listbox',
  ) {
    await open()
    await page.getByRole(role).last().waitFor()
    await look(page, name)
    await page.keyboard.press('Escape')
    if (name === 'appearance') await page.keyboard.press('Escape')
    await page.getByRole(role).first().waitFor({ state: 'detached' })
  }

  test('the inbox and all that opens from it', async () => {
    const page = await people.visit(server.origin, options)
    await page.getByRole('heading', { name: 'Who are you?' }).waitFor()
    expect(await page.title()).toBe('Herald')
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    await look(page, 'sign-in')
    await page.getByRole('button', { name: 'Mina Kim' }).click()
    await live(page)
    await item(page, 'Version 3.2 is out').waitFor()
    const sender = item(page, 'Version 3.2 is out').getByText('from Sora Lee')
    expect(await sender.evaluate((part) => getComputedStyle(part, '::before').content)).toContain('·')
    await look(page, 'inbox')

    const click = (name: string | RegExp) => () => page.getByRole('button', { name }).click()
    await lookInto(page, 'bell', click(/^Notifications, /), 'dialog')
    await lookInto(page, 'menu', click('Signed in as Mina Kim'), 'menu')
    const appearance = async () => {
      await click('Signed in as Mina Kim')()
      await page.getByRole('menuitem', { name: /^Appearance/ }).press('ArrowRight')
      await page.getByRole('menuitemradio', { name: 'Dark' }).waitFor()
    }
    await lookInto(page, 'appearance', appearance, 'menu')
    await lookInto(page, 'item-menu', click('More: Build 511 failed'), 'menu')
    await lookInto(
      page,
      'reading',
      () => item(page, 'Release notes for 3.2').locator('[data-title]').click(),
      'dialog',
    )
    const topics = async () => {
      await click('Manage topics')()
      await page.getByRole('switch', { name: 'Mute Builds' }).click()
    }
    await lookInto(page, 'topics', topics, 'dialog')
    await lookInto(page, 'keys', () => page.keyboard.press('?'), 'dialog')
    if (!isWide) {
      await lookInto(page, 'connection', () => page.getByTestId('connection').click(), 'dialog')
      await click('Write')()
    }
    await page.getByRole('textbox', { name: 'Title' }).focus()
    await click('Send')()
    await page.getByText('A title is needed').waitFor()
    await look(page, 'refused')
    await lookInto(
      page,
      'recipients',
      () => page.getByRole('button', { name: 'To: Everyone' }).click(),
      'listbox',
    )
    expect(people.complaints).toEqual([])
  })

  const isOfPhones = isLong || !isWide
  const isOfDesks = isLong || isWide
  if (isOfPhones)
    test('messages, what is read and muted, and being offline', async () => {
      const page = await people.enter(server.origin, 'Mina Kim', options)
      const joon = await startSender(server.origin, 'joon')
      // Nobody is there, so it stays for as long as the judging takes.
      await page.evaluate(() =>
        new MutationObserver((_, observer) => {
          if (!document.querySelector('[data-testid="toast"]')) return
          observer.disconnect()
          dispatchEvent(new Event('blur'))
        }).observe(document, { childList: true, subtree: true }),
      )
      await lookElsewhere(page)
      await look(page, 'archive')
      await joon.send('user:mina', 'Lunch?', 'The noodle place, at half past twelve.')
      await toasted(page, 'Lunch?')
      await look(page, 'toast')
      await page.getByRole('button', { name: 'Dismiss' }).click()
      await page.getByRole('searchbox', { name: 'Search' }).fill('회의')
      await page.getByRole('heading', { name: 'Results for “회의”' }).waitFor()
      await item(page, '내일 회의').waitFor()
      await look(page, 'search')
      await page.getByRole('searchbox', { name: 'Search' }).fill('')
      await page.getByRole('heading', { name: 'Inbox' }).waitFor()
      await page.getByRole('button', { name: 'Source' }).click()
      if (!isWide) await page.getByTestId('connection').click()
      await page.getByRole('button', { name: 'Go offline' }).click()
      await page.getByTestId('offline').waitFor()
      if (!isWide) await page.keyboard.press('Escape')
      await look(page, 'offline')
      // Written meanwhile, while the server is not to be reached either.
      await page.route('**/api/notifications', (route) => route.abort())
      if (!isWide) await page.getByRole('button', { name: 'Write' }).click()
      await page.getByRole('textbox', { name: 'Title' }).fill('It can wait')
      await page.getByRole('button', { name: 'Send' }).click()
      await page.getByTestId('outbox').waitFor()
      await look(page, 'outbox')
      await page.getByRole('button', { name: 'Cancel: It can wait' }).click()
      await page.unroute('**/api/notifications')
      await page.goto(`${server.origin}/sent`)
      await page.getByTestId('readers').first().waitFor()
      await look(page, 'sent')
      await item(page, 'Coffee').locator('[data-title]').click()
      await page.getByRole('dialog').getByText('Sora Lee (1 of 3)').waitFor()
      await look(page, 'readers')
      // Chromium reports the answer that says that there is nothing.
      expect(people.complaints).toEqual([])
      await page.goto(`${server.origin}/nowhere`)
      await page.getByRole('heading', { name: 'Page not found' }).waitFor()
      await look(page, 'not-found')
    })

  if (isOfDesks)
    test('the operator’s page', async () => {
      const page = await people.enter(`${server.origin}/admin`, 'Admin', options)
      await page.locator('canvas').nth(5).waitFor()
      await look(page, 'operator')
      await page.getByRole('button', { name: 'Drain' }).click()
      await page.getByRole('alertdialog').waitFor()
      await look(page, 'drain')
      expect(people.complaints).toEqual([])
    })
})
