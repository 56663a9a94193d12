import {
  type ChromiumOptions,
  type PassingStates,
  passed,
  recordPassing,
  takePassed,
  type UntilOptions,
  until,
  withChromium,
} from '@sse/testbed'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { startSender, startServer, type TestServer } from '../start-server.ts'
import { buildPage, type PageMode } from './build-page.ts'

/** How long a page may take, in ms, on a slow machine; nothing is asserted about it. */
export const patience = { timeout: 20_000, interval: 50 } satisfies UntilOptions

/** What comes and goes on the page, for {@link passed}. */
const passing = {
  toast: { selector: '[data-testid="toast"]' },
  toastKind: { selector: '[data-testid="toast"]', attributes: ['data-kind'] },
  said: { selector: '[data-testid="said"]' },
  notice: { selector: '[data-testid="offline"]' },
  next: { selector: '[data-line="next"]' },
  tone: { selector: '[data-testid="connection"]', attributes: ['data-tone'] },
} satisfies Record<string, PassingStates>

/** That the server is gone, or says no, is what some tests are about; Chromium reports it for every request. */
const ofTheNetwork = /net::ERR_|WebSocket|\[vite\]|the server responded with a status of (?:401|503)/

export interface People {
  /** What pages have complained of since the test began: errors, warnings, and what their policy did not let in. */
  readonly complaints: readonly string[]
  /** A browser of its own for this person, signed in and live. */
  enter(origin: string, name: string, options?: BrowserContextOptions): Promise<Page>
  /** A browser of its own, where nobody is signed in. */
  visit(address: string, options?: BrowserContextOptions): Promise<Page>
  /** One more tab in the same browser, live, behind this one. */
  openTab(page: Page): Promise<Page>
}

/** Chromium, for the tests of one file: the page is built, and after each test all pages are closed. */
export function withPeople({ mode, ...options }: ChromiumOptions & { mode?: PageMode } = {}): People {
  const browser = withChromium(options)
  let complaints: string[] = []
  beforeAll(() => buildPage(mode), 120_000)
  beforeEach(() => {
    complaints = []
  })

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
      // Unfolded, as somebody has left them who tries what the tests try.
      storageState: {
        cookies: [],
        origins: [{ origin: new URL(address).origin, localStorage: [{ name: 'demo-tools', value: 'true' }] }],
      },
      ...options,
    })
    await context.addInitScript(() =>
      addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) =>
        console.error(`Policy: ${effectiveDirective} ${blockedURI} ${sample}`),
      ),
    )
    await recordPassing(context, passing)
    const page = watch(await context.newPage())
    await page.goto(address)
    return page
  }

  return {
    get complaints() {
      return complaints
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

export interface Herald {
  readonly server: TestServer
  /** Writes as Sora would. */
  readonly sora: Awaited<ReturnType<typeof startSender>>
}

/** One server in production, and somebody who writes, for the tests of one file. They are there once a test runs. */
export function withHerald(env?: Readonly<Record<string, string>>): Herald {
  let server: TestServer
  let sora: Herald['sora']
  beforeAll(async () => {
    server = await startServer('production', env)
    sora = await startSender(server.origin, 'sora')
  })
  afterAll(() => server?.stop())
  return {
    get server() {
      return server
    },
    get sora() {
      return sora
    },
  }
}

/** The stream is open, and the list is there. What broke before does not count as {@link offline} any more. */
export async function live(page: Page): Promise<void> {
  await page.locator('[data-testid="connection"][data-tone="live"]').waitFor()
  await takePassed(page, 'tone')
  await page.locator('[data-testid="loading"]').waitFor({ state: 'detached' })
}

/** The stream has broken since this was asked last; it may be open again. */
export const offline = (page: Page) => passed(page, 'tone', 'offline', patience)

/** Where nothing that arrives is on the screen, so that there is a toast of it. */
export async function lookElsewhere(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Archived' }).click()
  await page.getByRole('heading', { name: 'Archived' }).waitFor()
}

/** A toast with this title has come; it may have gone again. */
export const toasted = (page: Page, title: string) => passed(page, 'toast', title, patience)

/** This was said to screen readers. */
export const said = (page: Page, text: string) => passed(page, 'said', text, patience)

/** The focus has come to the link or button with this in its text. */
export const focused = (page: Page, text: string) =>
  page.locator(':is(a, button):focus', { hasText: text }).waitFor()

/** Ids of the notifications in the list, in their order. */
export const shown = (page: Page): Promise<number[]> =>
  page
    .locator('[data-notification]')
    .evaluateAll((items) => items.map((item) => Number(item.getAttribute('data-notification'))))

/** Looks down to the end of the list, so that {@link shown} gives all of it. */
export async function lookDown(page: Page): Promise<void> {
  const more = page.getByRole('button', { name: 'Load more' })
  const rows = page.locator('[data-notification]')
  // A page behind another one does not see that somebody scrolls. At the top, it would let go of what it has drawn.
  const look = (button: HTMLElement) => {
    button.scrollIntoView()
    button.click()
  }
  // Each part has its time, because a list may have thousands of rows.
  while ((await more.count()) > 0) {
    const before = await rows.count()
    await until(async () => {
      await more.evaluate(look, undefined, { timeout: 1000 }).catch(() => {})
      return (await more.count()) === 0 || (await rows.count()) > before
    }, patience)
  }
}

/** Those of {@link shown} that are marked as unread. */
export const shownUnread = (page: Page): Promise<number[]> =>
  page
    .locator('[data-notification]:has([data-title] .sr-only)')
    .evaluateAll((items) => items.map((item) => Number(item.getAttribute('data-notification'))))

/** The names of those who are online, in alphabetical order. */
export const shownOnline = async (page: Page): Promise<string[]> =>
  ((await page.getByTestId('online').getAttribute('title')) ?? '').split(', ').toSorted()

export const titles = (page: Page): Promise<string[]> =>
  page
    .locator('[data-notification] [data-title]')
    .evaluateAll((items) => items.map((item) => (item.lastChild?.textContent ?? '').trim()))

/** The count on the bell; 0 where there is none. */
export const unread = (page: Page): Promise<number> =>
  page.evaluate(() => Number(document.querySelector('[data-testid="unread-count"]')?.textContent ?? 0))

export const hasUnread = (page: Page, count: number) =>
  until(async () => (await unread(page)) === count, patience)

export const item = (page: Page, title: string) => page.locator('[data-notification]', { hasText: title })

/** What the connection panel says has happened, newest first. */
export const lineLog = (page: Page): Promise<string[]> =>
  page
    .locator('[data-testid="line-log"] li')
    .evaluateAll((entries) => entries.map((entry) => entry.lastElementChild?.textContent ?? ''))
