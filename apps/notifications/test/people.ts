import { launchChromium, type UntilOptions } from '@sse/testbed'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { buildPage } from './build-page.ts'

/** How long a page may take, in ms, on a slow machine; nothing is asserted about it. */
export const patience = { timeout: 20_000, interval: 50 } satisfies UntilOptions

/** That the server is gone, or says no, is what some tests are about; Chromium reports it for every request. */
const ofTheNetwork = /net::ERR_|WebSocket|\[vite\]|the server responded with a status of (?:401|503)/

export interface People {
  /** What pages have complained of since the test began: errors, warnings, and what their policy did not let in. */
  readonly complaints: readonly string[]
  readonly browser: Browser
  /** A browser of its own for this person, signed in and live. */
  enter(origin: string, name: string, options?: BrowserContextOptions): Promise<Page>
  /** A browser of its own, where nobody is signed in. */
  visit(address: string, options?: BrowserContextOptions): Promise<Page>
  /** One more tab in the same browser, live, behind this one. */
  openTab(page: Page): Promise<Page>
}

/** Chromium, for the tests of one file: the page is built, and after each test all pages are closed. */
export function withPeople(): People {
  let browser: Browser
  let complaints: string[] = []
  beforeAll(async () => {
    await buildPage()
    browser = await launchChromium()
  }, 120_000)
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
    complaints = []
  })
  afterAll(() => browser?.close())

  function watch(page: Page): Page {
    // In development the first page waits until everything is compiled.
    page.setDefaultTimeout(2 * patience.timeout)
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      const isLoud = ['error', 'warning'].includes(message.type())
      if (isLoud && !ofTheNetwork.test(message.text())) complaints.push(message.text())
    })
    return page
  }

  async function visit(address: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({
      locale: 'en',
      viewport: { width: 1280, height: 900 },
      ...options,
    })
    await context.addInitScript(() =>
      addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) =>
        console.error(`Policy: ${effectiveDirective} ${blockedURI} ${sample}`),
      ),
    )
    const page = watch(await context.newPage())
    await page.goto(address)
    return page
  }

  return {
    get complaints() {
      return complaints
    },
    get browser() {
      return browser
    },
    visit,
    async enter(origin, name, options) {
      const page = await visit(origin, options)
      await page.getByRole('button', { name }).click()
      await live(page)
      return page
    },
    async openTab(page) {
      const tab = watch(await page.context().newPage())
      await tab.goto(page.url())
      await live(tab)
      // A tab behind another one paints once a second, and each click waits for that.
      await page.bringToFront()
      return tab
    },
  }
}

/** The stream is open, and the list is there. */
export async function live(page: Page): Promise<void> {
  await page.locator('[data-testid="connection"][data-tone="live"]').waitFor()
  await page.locator('[data-testid="loading"]').waitFor({ state: 'detached' })
}

export const offline = (page: Page) =>
  page.locator('[data-testid="connection"][data-tone="offline"]').waitFor()

/** Ids of the notifications in the list, in their order. */
export const shown = (page: Page): Promise<number[]> =>
  page
    .locator('[data-notification]')
    .evaluateAll((items) => items.map((item) => Number(item.getAttribute('data-notification'))))

export const titles = (page: Page): Promise<string[]> =>
  page
    .locator('[data-notification] [data-title]')
    .evaluateAll((items) => items.map((item) => (item.lastChild?.textContent ?? '').trim()))

/** The count on the bell; 0 where there is none. */
export const unread = (page: Page): Promise<number> =>
  page.evaluate(() => Number(document.querySelector('[data-testid="unread-count"]')?.textContent ?? 0))

/** Also while a dialog is open, which hides the rest of the page from roles. */
export const toast = (page: Page, title: string) =>
  page.getByTestId('toasts').getByText(title, { exact: true })

/** Waits until this was refused, and takes the message away. */
export async function refused(page: Page): Promise<void> {
  const message = page.getByTestId('toasts').locator('li', { hasText: 'That did not work' })
  await message.getByLabel('Dismiss').click()
  await message.waitFor({ state: 'detached' })
}

export const item = (page: Page, title: string) => page.locator('[data-notification]', { hasText: title })

/** What the connection panel says has happened, newest first. */
export const lineLog = (page: Page): Promise<string[]> =>
  page
    .locator('[data-testid="line-log"] li')
    .evaluateAll((entries) => entries.map((entry) => entry.lastElementChild?.textContent ?? ''))
